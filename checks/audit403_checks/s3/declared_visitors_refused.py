"""Somebody whom a bucket is for, as the settings say, is refused."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.subject import DECLARED
from audit403_checks.s3.refusals import by_hand, finding, is_by_default, refusal_of


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
    """`[visitors]` in audit403.toml names the requests that a bucket is for; each is asked.

    A warning where only some of them are refused, or a policy may stand elsewhere.
    """
    found = refusal_of(fact)
    if found is None or found[1].meant != DECLARED:
        return
    refusal, subject = found
    profile, name = subject.profile, subject.bucket.name
    who = f"{profile.words} ({profile.way or profile.name})"
    message = f"{who} gets 403 from {name}, which is for them as the settings say: {_why(refusal.cause)}"
    fixes = by_hand("let them in by the policy that refuses, or take the profile out of [visitors]")
    severity = WARNING if subject.someone_passes or is_by_default(site, subject, "policy") else ERROR
    yield finding("declared-visitors-refused", severity, message, refusal, fixes)


def _why(cause: str) -> str:
    if cause == "nothing-allows":
        return "no policy and no ACL lets them in"
    return "a statement of its policy denies it" if cause == "policy-denies" else cause.replace("-", " ")
