"""A directory on the way to a site's files lacks the x bit for the server's worker."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403_checks.files.remedies import fixes_for, worker_of
from audit403_checks.support import finding_of, refusal_of


@check(ERROR, "ancestor-not-searchable")
def ancestor_not_searchable(fact: Fact, site: Site) -> Iterator[Finding]:
    """The topmost directory that blocks counts once, with all that lies behind it."""
    found = refusal_of(fact)
    if found is None or not isinstance(found[0].where, PathPlace) or found[0].where.mode is None:
        return
    refusal = found[0]
    where = found[0].where
    behind = f"; {refusal.places} places lie behind it" if refusal.places > 1 else ""
    message = f"{worker_of(site)} may not search {where.path}{behind}"
    fixes = fixes_for(site, refusal, "search")
    yield finding_of("files/ancestor-not-searchable", ERROR, message, refusal, fixes, anchor=where.path)
