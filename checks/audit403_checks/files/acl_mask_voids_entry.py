"""An ACL lets the server's worker in, and its mask takes that back: what a chmod after the setfacl leaves."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import MASK
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def acl_mask_voids_entry(fact: Fact, site: Site) -> Iterator[Finding]:
    """Whoever wrote the entry meant it; the mask, which the group's digit of chmod sets, was hardly meant."""
    return explained(MASK, fact, site)
