"""The fallback of `try_files`, or the target of a rewrite, is refused by the location that takes it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.place import Place
from audit403.core.registry import check
from audit403.explore.subject import (
    PURPOSE_DIRECTORY,
    PURPOSE_HOME,
    PURPOSE_PAGE,
    PURPOSE_PROBE,
    WAY_INDEX,
    WAY_REWRITE,
    WAY_TRY_FILES,
)
from audit403_checks.nginx.sent_on import EVERYBODY, Detour, detours, is_for_another, is_made_to_refuse, own_location
from audit403_checks.patterns import accident
from audit403_checks.support import finding_of

_PURPOSES = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_DIRECTORY, PURPOSE_PROBE)


@check(ERROR, "access-rule", "return")
def fallback_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Every address without a file of its own goes there, and comes to 403. The home page's index is another rule's."""
    best: dict[Place | None, Detour] = {}
    told = {_path(detour) for detour in detours(fact, site, WAY_INDEX) if detour.hit.purpose == PURPOSE_HOME}
    for detour in detours(fact, site, WAY_TRY_FILES, WAY_REWRITE):
        if detour.hit.purpose not in _PURPOSES or not _counts(detour) or _path(detour) in told:
            continue
        known = best.get(detour.sent.step.where)
        if known is None or _rank(detour) < _rank(known):
            best[detour.sent.step.where] = detour
    for detour in best.values():
        yield _finding(detour)


def _path(detour: Detour) -> str:
    return detour.sent.to.partition("?")[0]


def _counts(detour: Detour) -> bool:
    if detour.refusal.who != EVERYBODY or is_made_to_refuse(detour) or is_for_another(detour.subject, detour.sent.to):
        return False
    if detour.subject.location is not None and accident(detour.subject.location.regex, _path(detour)) is not None:
        return False
    # A rewrite to what returns 403 is a way to refuse.
    return detour.hit.way == WAY_TRY_FILES or detour.decision.cause == "access-rule"


def _rank(detour: Detour) -> int:
    return _PURPOSES.index(detour.hit.purpose)


def _finding(detour: Detour) -> Finding:
    refusal, subject, hit, decision, sent = detour
    place = "the server block" if subject.location is None else f"`{subject.location.label()}`"
    by = "`try_files` falls back to" if hit.way == WAY_TRY_FILES else "`rewrite` leads to"
    message = f"{by} {sent.to}, which {place} refuses"
    severity = ERROR if hit.purpose == PURPOSE_HOME else WARNING
    name = "nginx/fallback-refused"
    fixes = (own_location(detour),)
    finding = finding_of(name, severity, message, refusal, fixes, anchor=sent.to, hit=(hit, decision))
    return finding._replace(because=detour.chain(f"sends {hit.request.target} on to {sent.to}"))
