"""A boolean of SELinux's policy keeps web servers from homes or from network file systems."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import SELINUX_BOOLEAN
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def selinux_boolean(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only of booleans that the manual of the policy names for the type in question."""
    return explained(SELINUX_BOOLEAN, fact, site)
