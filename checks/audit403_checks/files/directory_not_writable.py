"""WebDAV offers to make and delete files in a directory in which the server's worker may not write."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.place import PathPlace, Span
from audit403.core.registry import check
from audit403.evidence.links import parent_of
from audit403.files.permission import EXECUTE, WRITE
from audit403_checks.files.remedies import chain_of, fixes_for, worker_of
from audit403_checks.support import Refused, finding_of, refused_by_any

if TYPE_CHECKING:
    from audit403.nginx.explore.subject import Subject

_CALLS = ("mkdir()", "unlink()", "rmdir()")
_DENIED = "(13)Permission denied: "


@check(ERROR, "dav-refused")
def directory_not_writable(fact: Fact, site: Site) -> Iterator[Finding]:
    """Of the directory that is switched on itself; one further down may be closed to writers on purpose."""
    found = refused_by_any(fact)
    if found is None or not isinstance(found[0].where, PathPlace):
        return
    refusal, subject = found
    judged = _of_apache(refusal, subject) if refusal.family == "apache" else _of_nginx(refusal, subject)
    if judged is None:
        return
    severity, line = judged
    directory = found[0].where.path
    message = f"`{line}` is for writing, and {worker_of(site)} may not write in {directory}"
    fixes = fixes_for(site, refusal, "write")
    finding = finding_of("files/directory-not-writable", severity, message, refusal, fixes, anchor=directory)
    yield finding._replace(who="whoever writes", because=chain_of(site, refusal, WRITE | EXECUTE))


def _of_nginx(refusal: Refusal, subject: Refused) -> tuple[str, str] | None:
    from audit403.nginx.explore.subject import Subject as OfNginx

    call, _, rest = (refusal.decision.log or "").partition(' "')
    written_to = parent_of(rest.partition('" failed (')[0].rstrip("/"))
    assert isinstance(refusal.where, PathPlace)
    is_refused_there = call in _CALLS and written_to.rstrip("/") == refusal.where.path.rstrip("/")
    if not isinstance(subject, OfNginx) or not is_refused_there or not _is_just_below(subject, refusal.witness.target):
        return None
    offers = (subject.context or subject.server).effective("dav_methods")
    return ERROR, f"dav_methods {' '.join(word for one in offers for word in one.args)}"


def _of_apache(refusal: Refusal, subject: Refused) -> tuple[str, str] | None:
    """`Dav On` offers reading, too: that nothing can be written there may be meant."""
    switched_on = [link for link in refusal.because if isinstance(link.where, Span)]
    denied = (refusal.decision.log or "").startswith(_DENIED)
    if not denied or not switched_on or all(hit.request.method != "MKCOL" for hit in subject.hits):
        return None
    return WARNING, "Dav On"


def _is_just_below(subject: "Subject", target: str) -> bool:
    """Whether a URL names something in the location's own directory."""
    location = subject.location
    if location is not None and (location.regex is not None or location.named):
        return False
    name = "" if location is None else location.name.rstrip("/")
    folder, _, last = target.partition("?")[0].rstrip("/").rpartition("/")
    return folder == name and bool(last)
