"""Files belong to a number that no account has, as a copy from another machine leaves them."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import OWNER
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def wrong_owner_after_migration(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where the owner's bits would do, and the owner is nobody here."""
    return explained(OWNER, fact, site)
