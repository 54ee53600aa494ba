"""A directory on the way to a site's files lacks the x bit for the server's worker."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, WARNING, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_LINKED, PURPOSE_PAGE, PURPOSE_PROBE, Blocked
from audit403_checks.files.blocked import blocked_finding, is_listed_only, more_like
from audit403_checks.files.kinds import is_for_nobody, is_public
from audit403_checks.files.remedies import worker_of
from audit403_checks.support import refused_by_any


@check(ERROR, "ancestor-not-searchable")
def ancestor_not_searchable(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a whole site or location lies behind it, a warning where pages do, a note where nothing does."""
    found = refused_by_any(fact)
    if found is None or not isinstance(found[0].where, PathPlace) or found[0].where.mode is None:
        return
    groups: dict[str, list[Blocked]] = {}
    for one in found[1].blocking:
        groups.setdefault(_severity(one, found[0].where), []).append(one)
    for severity, blocked in groups.items():
        places = sum(one.places for one in blocked)
        behind = f"; {places} places lie behind it" if places > 1 and len(blocked) == 1 else ""
        more = more_like(blocked, "directory", "directories")
        message = f"{worker_of(site)} may not search {blocked[0].path}{more}{behind}"
        yield blocked_finding("files/ancestor-not-searchable", severity, message, site, found[0], blocked, "search")


def _severity(blocked: Blocked, where: PathPlace) -> str:
    if blocked.purpose in (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE, PURPOSE_LINKED):
        return ERROR
    if blocked.path == where.path and is_listed_only(where) and not is_for_nobody(blocked.path.rpartition("/")[2]):
        return WARNING
    is_known = not is_for_nobody(blocked.path) and is_public(blocked.target.partition("?")[0])
    return WARNING if is_known else NOTE
