"""The AppArmor profile of the server's worker has no rule for reading a site's files, or denies it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import APPARMOR
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def apparmor_denies(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only of profiles whose every rule is understood, or that deny in so many words."""
    return explained(APPARMOR, fact, site)
