"""An object belongs to another account, and so the bucket policy cannot open it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(ERROR, "object-of-another-owner")
def object_of_another_owner(fact: Fact, site: Site) -> Iterator[Finding]:
    """The account that has uploaded it has to grant it, or the bucket has to own what is uploaded."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    message = (
        f"{refusal.who} gets 403 for {refusal.witness.target} of {subject.bucket.name}: "
        f"it belongs to another account, so the policy does not open it"
    )
    fixes = by_hand(
        "set the object ownership to BucketOwnerEnforced: then the bucket owns all of its objects",
        "or let the owner of the object grant it by an ACL, or copy it onto itself",
    )
    yield finding("object-of-another-owner", ERROR, message, refusal, fixes)
