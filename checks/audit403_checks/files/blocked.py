"""The finding about files or directories that refuse: the first of them is asked for, and the fix is for all."""

from typing import TYPE_CHECKING

from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.finding import Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.request import Request
from audit403.explore.hits import MOST_HITS
from audit403.explore.subject import Blocked, Hit
from audit403_checks.files.behind import BITS
from audit403_checks.files.remedies import chain_of, fixes_for
from audit403_checks.support import finding_of

if TYPE_CHECKING:
    from audit403_checks.files.judged import Judged


def blocked_finding(
    rule: str, site: Site, judged: "Judged", *, reason: str | None = None, fixes: tuple[Fix, ...] | None = None
) -> Finding:
    """A finding about some of a refusal's entries. `reason` and `fixes` are those of a rule that knows what stands
    behind their modes.
    """
    refusal, first = judged.refusal, judged.blocked[0]
    about, request = about_first(site, judged)
    if fixes is None:
        fixes = fixes_for(site, about, judged.access, [one.path for one in judged.blocked])
    decision = refusal.decision if request == refusal.witness else site.decide(request)
    hit = (Hit(request, first.purpose, None, first.path), decision)
    finding = finding_of(rule, judged.severity, judged.message, about, fixes, anchor=first.path, hit=hit)
    if reason is None:
        return finding._replace(because=chain_of(site, about, BITS[judged.access]))
    links = (link._replace(message=reason) if link.where == about.where else link for link in about.because)
    return finding._replace(because=tuple(links))


def about_first(site: Site, judged: "Judged") -> tuple[Refusal, Request]:
    """The refusal as it is for the first of the entries, and the request that it refuses."""
    refusal, first = judged.refusal, judged.blocked[0]
    assert isinstance(refusal.where, PathPlace)
    request = refusal.witness._replace(method="GET", target=first.target)
    decision = refusal.decision if request == refusal.witness else site.decide(request)
    return refusal._replace(where=refusal.where._replace(path=first.path), because=decision.because), request


def more_like(blocked: list[Blocked], one: str, many: str) -> str:
    """In words, how many more there are; from a certain number on they are no longer gathered."""
    more = len(blocked) - 1
    least = "at least " if len(blocked) >= MOST_HITS else ""
    return "" if not more else f" ({least}{more} more {many if more > 1 else one} like it)"


def is_listed_only(where: object) -> bool:
    """Whether everybody may read the names in a directory and nobody may use them: what `chmod -R 644` leaves."""
    mode = where.mode if isinstance(where, PathPlace) else None
    return mode is not None and mode & 0o005 == 0o004
