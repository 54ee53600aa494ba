"""A website that answers nobody who does not come from a page of its own."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import BY_WEBSITE, S3Subject
from audit403.s3.model.policy import Policy
from audit403_checks.s3.refusals import by_hand, finding, refusal_of

_KEY = "aws:referer"


@check(WARNING, "nothing-allows", "policy-denies")
def referer_condition(fact: Fact, site: Site) -> Iterator[Finding]:
    """Typed addresses, bookmarks and many privacy settings bring no Referer, and so no way in."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_WEBSITE or not found[1].someone_passes:
        return
    refusal, subject = found
    names = _about_referer(subject)
    if not names:
        return
    message = (
        f"the website {subject.bucket.name} answers its first page with 403 to everybody who brings no Referer: "
        f"statement {names[0]} asks for one, and typed addresses and bookmarks bring none"
    )
    fixes = by_hand(
        "leave pages open to everybody, and ask for a Referer for images and downloads alone",
        "or let in who brings no Referer: StringLikeIfExists in an Allow; Null in a Deny beside StringNotLike",
    )
    yield finding("referer-condition", WARNING, message, refusal, fixes)


def _about_referer(subject: S3Subject) -> list[str]:
    policy = subject.bucket.policy
    statements = policy.statements if isinstance(policy, Policy) else ()
    return [one.name for one in statements if any(test.key.lower() == _KEY for test in one.conditions)]
