"""`dav_methods` offers to make and delete files in a directory in which the server's worker may not write."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.evidence.links import parent_of
from audit403.files.permission import EXECUTE, WRITE
from audit403.nginx.explore.subject import Subject
from audit403_checks.files.remedies import chain_of, fixes_for, worker_of
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of

_CALLS = ("mkdir()", "unlink()", "rmdir()")


@check(ERROR, "dav-refused")
def directory_not_writable(fact: Fact, site: Site) -> Iterator[Finding]:
    """Of the directory that a location itself leads to; one further down may be closed to writers on purpose."""
    found = refusal_of(fact)
    if found is None or not isinstance(found[0].where, PathPlace):
        return
    refusal, subject = found
    directory = found[0].where.path
    call, _, rest = (refusal.decision.log or "").partition(' "')
    written_to = parent_of(rest.partition('" failed (')[0].rstrip("/"))
    is_refused_there = call in _CALLS and written_to.rstrip("/") == directory.rstrip("/")
    if not is_refused_there or not _is_just_below(subject, refusal.witness.target):
        return
    offers = (subject.context or subject.server).effective("dav_methods")
    methods = " ".join(word for one in offers for word in one.args)
    message = f"`dav_methods {methods}` is for writing, and {worker_of(site)} may not write in {directory}"
    fixes = fixes_for(site, refusal, "write")
    finding = finding_of("files/directory-not-writable", ERROR, message, refusal, fixes, anchor=directory)
    yield finding._replace(who="whoever writes", because=chain_of(site, refusal, WRITE | EXECUTE))


def _is_just_below(subject: Subject, target: str) -> bool:
    """Whether a URL names something in the location's own directory."""
    location = subject.location
    if location is not None and (location.regex is not None or location.named):
        return False
    name = "" if location is None else location.name.rstrip("/")
    folder, _, last = target.partition("?")[0].rstrip("/").rpartition("/")
    return folder == name and bool(last)
