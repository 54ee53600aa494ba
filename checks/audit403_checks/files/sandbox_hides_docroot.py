"""The sandbox of the server's service keeps it out of a directory that the modes let it into."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import SANDBOX
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def sandbox_hides_docroot(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only of directories that are made inaccessible: those that are replaced by empty ones are answered with 404."""
    return explained(SANDBOX, fact, site)
