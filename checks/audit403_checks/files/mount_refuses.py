"""The file system that files lie in keeps the server's worker out, whatever their modes say."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, WARNING, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE
from audit403.files.explain import resolve
from audit403_checks.files.behind import MOUNT
from audit403_checks.files.explained import explained
from audit403_checks.files.kept import told
from audit403_checks.files.remedies import served
from audit403_checks.links import is_for_visitors
from audit403_checks.support import finding_of, refused_by_any

_WHOLE = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_PROBE)


@check(ERROR, "ancestor-not-searchable", "file-unreadable", "directory-unreadable", "links-not-followed-here")
def mount_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """A mount that is for one user alone, or one that follows no links and whose site has some."""
    yield from explained(MOUNT, fact, site)
    found, running = refused_by_any(fact), served(site)
    if found is None or running is None or found[0].cause != "links-not-followed-here":
        return
    refusal, subject = found
    if not isinstance(refusal.where, PathPlace):
        return
    link = refusal.where.path
    blocker = resolve(running.evaluator.files().resolver, link, "read").blocker
    if blocker is None or blocker.kept is None:
        return
    reason = told(blocker.kept)
    is_whole = any(hit.purpose in _WHOLE for hit in subject.hits)
    grave = WARNING if is_for_visitors(refusal.witness.target) else NOTE
    message = f"{link} is a link: {reason.reason}"
    yield finding_of(MOUNT, ERROR if is_whole else grave, message, refusal, reason.fixes([link]), anchor=link)
