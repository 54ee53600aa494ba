"""Files have a type of SELinux's that web servers may not use, as after a `mv` or outside of /var/www."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import SELINUX_TYPE
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def selinux_type(fact: Fact, site: Site) -> Iterator[Finding]:
    """Of types that the policy for web servers opens to nobody; of others the answer is unknown."""
    return explained(SELINUX_TYPE, fact, site)
