"""A statement allows what another one denies to everybody whom it means."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403.s3.explore.denying import denying
from audit403.s3.explore.mistake import listed
from audit403.s3.explore.subject import BY_STATEMENT, S3Subject
from audit403.s3.model.caller import SERVICE, caller_of
from audit403.s3.model.policy import Statement
from audit403_checks.s3.changes import removal_fix
from audit403_checks.s3.insecure_transport_deny_on_website import is_about_transport
from audit403_checks.s3.refusals import finding, refusal_of


@check(ERROR, "policy-denies")
def allow_covered_by_deny(fact: Fact, site: Site) -> Iterator[Finding]:
    """No request that the Allow is about gets past the Deny."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_STATEMENT or found[1].someone_passes:
        return
    refusal, subject = found
    statements = _always(subject) or denying(subject.bucket, subject.request)
    if not statements or subject.allow is None:
        return
    if subject.profile.website and all(map(is_about_transport, statements)):
        return
    what = f"statement {subject.allow.name} lets {refusal.who} do {subject.request.action} in {subject.bucket.name}"
    together = _together(subject)
    if together and not _always(subject):
        names = listed(one.name for one in together)
        message = f"{what}, and no request gets past statements {names}: what one of them spares, the other denies"
        remedy = Fix("make what one of the statements spares the same as what the other does", MANUAL)
        yield finding("allow-covered-by-deny", ERROR, message, refusal, (remedy,))
        return
    message = f"{what}, and statement {statements[0].name} denies it whoever asks"
    of_service = caller_of(subject.request.principal).kind == SERVICE
    sparing = "or let the denial spare services of AWS: Bool with aws:PrincipalIsAWSService = false besides"
    fixes = (
        removal_fix(site, subject, "take the statement that denies out", statements),
        *((Fix(sparing, MANUAL),) if of_service else ()),
        Fix("make the two statements speak of different actions, keys or people", MANUAL),
    )
    yield finding("allow-covered-by-deny", ERROR, message, refusal, fixes)


def _always(subject: S3Subject) -> list[Statement]:
    """The statements that deny every request that was tried."""
    first, *others = subject.denied_by or ((),)
    return [one for one in first if all(one in each for each in others)]


def _together(subject: S3Subject) -> list[Statement]:
    """The statements that deny every request between them, each one others."""
    needed: list[Statement] = []
    for each in subject.denied_by:
        if each and not any(one in each for one in needed):
            needed.append(each[0])
    return needed if all(subject.denied_by) else []
