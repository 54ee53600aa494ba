"""An `.htaccess` that httpd's children cannot read, so that everything below its directory is refused."""

import shlex
from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.core.edit import RemoveEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.evidence.interface import DIRECTORY, FILE, Absent, NotCollected, Unreadable
from audit403.explore.ordinary import quoted
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_LINKED, Hit
from audit403_checks.apache.subjects import is_the_site, refusal_of, seen_at
from audit403_checks.directories import is_in_a_closed_folder
from audit403_checks.files.blocked import is_listed_only
from audit403_checks.files.explained import with_what_is_behind
from audit403_checks.files.kinds import is_kept_back, is_public
from audit403_checks.files.remedies import fixes_for, served, worker_of
from audit403_checks.nearby import first_file_below
from audit403_checks.support import finding_of


@check(ERROR, "htaccess-unreadable")
def access_file_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nobody refuses a folder by taking an `.htaccess` away from httpd: an error where the site lies behind it."""
    found = refusal_of(fact)
    if found is None or not isinstance(found[0].where, PathPlace):
        return
    refusal, subject = found
    assert isinstance(refusal.where, PathPlace)
    path = refusal.where.path
    seen = seen_at(subject, path)
    kind = None if seen is None or seen.entry is None else seen.entry.kind
    fixes: tuple[Fix, ...]
    if kind == DIRECTORY and path.rpartition("/")[2] not in subject.server.access_names:
        message = f"{worker_of(site)} may not search {path}, so it cannot tell whether there is an .htaccess"
        message, fixes = with_what_is_behind(
            site, "apache", path, "search", message, fixes_for(site, refusal, "search")
        )
    elif kind == FILE:
        message = f"everything below its directory is refused, for {worker_of(site)} may not read {path}"
        message, fixes = with_what_is_behind(site, "apache", path, "read", message, fixes_for(site, refusal, "read"))
    else:
        message = f"{path} is no file that can be read: everything below its directory is refused"
        fixes = (*_taken_away(site, path, kind), Fix("put a file in its place, or take it away", MANUAL))
    hit = _visited(refusal, subject, path)
    severity = _severity(refusal, subject, hit)
    shown = None if hit is None else (hit, site.decide(hit.request))
    yield finding_of("apache/access-file-unreadable", severity, message, refusal, fixes, anchor=path, hit=shown)


def _visited(refusal: Refusal, subject: Subject, path: str) -> Hit | None:
    """What somebody would get who asks for the directory's first file; one without an index has nothing to show."""
    if subject.path != path or not refusal.witness.target.endswith("/"):
        return None
    below = first_file_below(subject.exchange.evaluator.evidence, path)
    if below is None:
        return None
    return Hit(refusal.witness._replace(target=refusal.witness.target + quoted(below)), PURPOSE_FILE, None)


def _taken_away(site: Site, path: str, kind: str | None) -> Iterator[Fix]:
    """An empty directory, which a bind mount makes where there is no file to mount, is missed by nobody."""
    found = served(site)
    names = found.evaluator.evidence.names(path) if kind == DIRECTORY and found is not None else ("",)
    if not isinstance(names, (Absent, NotCollected, Unreadable)) and not list(names):
        command = f"rmdir {shlex.quote(path)}"
        yield Fix("take the empty directory away", UNSAFE, commands=(command,), world=(RemoveEdit(path),))


def _severity(refusal: Refusal, subject: Subject, visited: Hit | None) -> str:
    if is_the_site(subject) or any(hit.purpose == PURPOSE_LINKED for hit in subject.hits):
        return ERROR
    if is_listed_only(refusal.where):
        return NOTE if is_in_a_closed_folder(refusal) else WARNING
    hits = subject.hits if visited is None else (*subject.hits, visited)
    targets = [hit.request.target.partition("?")[0] for hit in hits]
    is_known = any(is_public(target) and not is_kept_back(target) for target in targets)
    return WARNING if is_known and not is_in_a_closed_folder(refusal) else NOTE
