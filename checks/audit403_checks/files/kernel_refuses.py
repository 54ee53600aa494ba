"""The kernel keeps the server's worker out, and nothing that can be seen of the files says why."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.files.behind import KERNEL
from audit403_checks.files.explained import explained


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable")
def kernel_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """What access(2) refused a process with the worker's ids, in the worker's mounts."""
    yield from explained(KERNEL, fact, site)
