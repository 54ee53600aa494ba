"""A symlink that leads nowhere in a circle, or that the kernel does not let the worker follow."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, WARNING, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403_checks.files.kinds import is_public
from audit403_checks.files.remedies import fixes_for, worker_of
from audit403_checks.support import finding_of, refused_by_any


@check(WARNING, "symlink-loop", "symlink-protected")
def symlink_not_followed(fact: Fact, site: Site) -> Iterator[Finding]:
    """A circle is nobody's wish; fs.protected_symlinks refuses other people's links in world-writable directories."""
    found = refused_by_any(fact)
    if found is None or not isinstance(found[0].where, PathPlace):
        return
    refusal = found[0]
    path = found[0].where.path
    fixes: tuple[Fix, ...]
    if refusal.cause == "symlink-loop":
        message = f"{path} is a symlink that leads round in a circle"
        fixes = (Fix("let the link lead to a file or directory", MANUAL),)
    else:
        message = f"{worker_of(site)} may not follow {path}: it is a link of another user in a world-writable directory"
        fixes = fixes_for(site, refusal, "read")
    target = refusal.witness.target.partition("?")[0]
    severity = WARNING if is_public(target) or "." not in target.rpartition("/")[2] else NOTE
    yield finding_of("files/symlink-not-followed", severity, message, refusal, fixes, anchor=path)
