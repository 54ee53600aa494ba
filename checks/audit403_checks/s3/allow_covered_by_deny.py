"""A statement allows what another one denies to everybody whom it means."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.subject import BY_STATEMENT
from audit403_checks.s3.changes import removal_fix
from audit403_checks.s3.insecure_transport_deny_on_website import is_about_transport
from audit403_checks.s3.refusals import denying, finding, refusal_of


@check(ERROR, "policy-denies")
def allow_covered_by_deny(fact: Fact, site: Site) -> Iterator[Finding]:
    """No request that the Allow is about gets past the Deny."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_STATEMENT or found[1].someone_passes:
        return
    refusal, subject = found
    statements = denying(subject)
    if not statements or subject.allow is None:
        return
    if subject.profile.website and all(map(is_about_transport, statements)):
        return
    message = (
        f"statement {subject.allow.name} lets {refusal.who} do {subject.request.action} in {subject.bucket.name}, and "
        f"statement {statements[0].name} denies it whoever asks"
    )
    fixes = (
        removal_fix(site, subject, "take the statement that denies out", statements),
        Fix("make the two statements speak of different actions, keys or people", MANUAL),
    )
    yield finding("allow-covered-by-deny", ERROR, message, refusal, fixes)
