"""The finding about files or directories that refuse: the first of them is asked for, and the fix is for all."""

from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.finding import Finding
from audit403.core.place import PathPlace
from audit403.explore.hits import MOST_HITS
from audit403.explore.subject import Blocked, Hit
from audit403.files.permission import EXECUTE, READ
from audit403_checks.files.remedies import chain_of, fixes_for
from audit403_checks.support import finding_of

_BITS = {"search": EXECUTE, "read": READ}


def blocked_finding(
    rule: str, severity: str, message: str, site: Site, refusal: Refusal, blocked: list[Blocked], access: str
) -> Finding:
    """A finding about some of a refusal's entries; `access` is what they refuse."""
    first = blocked[0]
    assert isinstance(refusal.where, PathPlace)
    request = refusal.witness._replace(method="GET", target=first.target)
    decision = refusal.decision if request == refusal.witness else site.decide(request)
    about = refusal._replace(where=refusal.where._replace(path=first.path), because=decision.because)
    fixes = fixes_for(site, about, access, [one.path for one in blocked])
    hit = (Hit(request, first.purpose, None, first.path), decision)
    finding = finding_of(rule, severity, message, about, fixes, anchor=first.path, hit=hit)
    return finding._replace(because=chain_of(site, about, _BITS[access]))


def more_like(blocked: list[Blocked], one: str, many: str) -> str:
    """In words, how many more there are; from a certain number on they are no longer gathered."""
    more = len(blocked) - 1
    least = "at least " if len(blocked) >= MOST_HITS else ""
    return "" if not more else f" ({least}{more} more {many if more > 1 else one} like it)"


def is_listed_only(where: object) -> bool:
    """Whether everybody may read the names in a directory and nobody may use them: what `chmod -R 644` leaves."""
    mode = where.mode if isinstance(where, PathPlace) else None
    return mode is not None and mode & 0o005 == 0o004
