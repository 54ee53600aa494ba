"""A website endpoint speaks plain HTTP only, and the bucket policy denies plain HTTP."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.denying import denying
from audit403.s3.model.policy import Statement
from audit403_checks.s3.changes import removal_fix
from audit403_checks.s3.refusals import finding, refusal_of

_KEY = "aws:securetransport"


@check(ERROR, "policy-denies")
def insecure_transport_deny_on_website(fact: Fact, site: Site) -> Iterator[Finding]:
    """Every page of the website is refused by a statement about aws:SecureTransport."""
    found = refusal_of(fact)
    if found is None or not found[1].profile.website:
        return
    refusal, subject = found
    statements = denying(subject.bucket, subject.request)
    if not statements or not all(is_about_transport(one) for one in statements):
        return
    message = (
        f"the website endpoint of {subject.bucket.name} answers every request with 403: it speaks plain HTTP only, "
        f"and statement {statements[0].name} denies requests without TLS"
    )
    fixes = (
        removal_fix(
            site,
            subject,
            "take the statement out: who uses the REST endpoint without TLS is then let in as well",
            statements,
        ),
        Fix("put CloudFront in front of the REST endpoint, with origin access control, and keep the statement", MANUAL),
    )
    yield finding("insecure-transport-deny-on-website", ERROR, message, refusal, fixes)


def is_about_transport(statement: Statement) -> bool:
    """Whether a statement speaks of nothing but plain HTTP."""
    return bool(statement.conditions) and all(one.key.lower() == _KEY for one in statement.conditions)
