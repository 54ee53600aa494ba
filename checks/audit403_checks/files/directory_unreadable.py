"""A directory that the server's worker may search and not read: no listing, and no redirect to the slash."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.blocked import blocked_finding
from audit403_checks.files.judged import judged


@check(ERROR, "directory-unreadable")
def directory_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """What is meant to be listed is an error; whose files are served all the same and nothing else is a note."""
    for one in judged(fact, site):
        yield blocked_finding("files/directory-unreadable", site, one)
