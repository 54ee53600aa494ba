"""Somebody whom a bucket is for, as the settings say, is refused."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import DECLARED
from audit403_checks.s3.refusals import by_hand, finding, refusal_of


@check(
    ERROR,
    "nothing-allows",
    "policy-denies",
    "bucket-policy-does-not-allow",
    "identity-policy-does-not-allow",
    "identity-policy-denies",
    "boundary-does-not-allow",
    "boundary-denies",
    "service-control-policy-does-not-allow",
    "service-control-policy-denies",
    "resource-control-policy-denies",
    "endpoint-policy-does-not-allow",
    "endpoint-policy-denies",
    "public-acl-is-ignored",
)
def declared_visitors_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """`[visitors]` in audit403.toml names the requests that a bucket is for; each is asked."""
    found = refusal_of(fact)
    if found is None or found[1].meant != DECLARED:
        return
    refusal, subject = found
    message = (
        f"{subject.profile.words} gets 403 from {subject.bucket.name}, which is for them as the settings say: "
        f"{_why(refusal.cause)}"
    )
    fixes = by_hand("let them in by the policy that refuses, or take the profile out of [visitors]")
    yield finding("declared-visitors-refused", ERROR, message, refusal, fixes)


def _why(cause: str) -> str:
    if cause == "nothing-allows":
        return "no policy and no ACL lets them in"
    return "a statement of its policy denies it" if cause == "policy-denies" else cause.replace("-", " ")
