"""A directory on the way to a site's files lacks the x bit for the server's worker."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.blocked import blocked_finding
from audit403_checks.files.judged import judged


@check(ERROR, "ancestor-not-searchable")
def ancestor_not_searchable(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a whole site or location lies behind it, a warning where pages do, a note where nothing does."""
    for one in judged(fact, site):
        yield blocked_finding("files/ancestor-not-searchable", site, one)
