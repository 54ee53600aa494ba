"""The requester pays, and whoever asks cannot say that they agree."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(ERROR, "requester-pays")
def requester_pays_for_visitors(fact: Fact, site: Site) -> Iterator[Finding]:
    """Anonymous visitors never can, nor can the website endpoint; CloudFront must send a header of its own."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    message = (
        f"{refusal.who} gets 403 from {subject.bucket.name}: the requester pays there, "
        "and nobody can agree to it in such a request"
    )
    fixes = by_hand(
        "let the owner of the bucket pay again, or serve it through CloudFront with the header x-amz-request-payer",
    )
    yield finding("requester-pays-for-visitors", ERROR, message, refusal, fixes)
