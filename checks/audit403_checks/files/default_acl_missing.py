"""A file has not the ACL entry that lets the server's worker read what lies beside it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import DEFAULT
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def default_acl_missing(fact: Fact, site: Site) -> Iterator[Finding]:
    """Whoever gave a whole folder such entries meant its later files as well."""
    return explained(DEFAULT, fact, site)
