"""Files are for a group that the worker's account has and its process has not."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import GROUP
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def group_not_in_effect(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where the account, the unit or the account's own group says that the worker was to have it."""
    return explained(GROUP, fact, site)
