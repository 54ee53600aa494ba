"""WebDAV without a lock database that httpd's children can write: nothing can be changed, everything is 500."""

from collections.abc import Iterator

from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.evidence.interface import DIRECTORY, Entry
from audit403_checks.files.remedies import served, worker_of

_RULE = "apache/dav-lock-database"


@check(ERROR, "dav-lock-database", "dav-no-lock-database")
def dav_lock_database(fact: Fact, site: Site) -> Iterator[Finding]:
    """One that is not there yet is made; a directory that is not there may be made when httpd starts."""
    if not isinstance(fact, IdleDirective) or fact.subject is None:
        return
    fixes: tuple[Fix, ...]
    if fact.kind == "dav-no-lock-database":
        message = "`Dav On` without DavLockDB: whoever looks or writes by WebDAV gets 500"
        fixes = (Fix("name a file with `DavLockDB` in a directory that httpd's children may write", MANUAL),)
    else:
        blocker = next((link.where for link in fact.because if isinstance(link.where, PathPlace)), None)
        if blocker is None or blocker.mode is None:
            return
        message = (
            f"{worker_of(site)} cannot write the lock database in {blocker.path}: whoever writes by WebDAV gets 500"
        )
        fixes = _opened(site, blocker.path)
    request = fact.subject.hits[0].request
    decision = site.decide(request)
    yield Finding(
        _RULE, ERROR, message, fact.where, fact.because, request, "whoever writes", decision.status, decision.log,
        fixes=fixes, anchor=message, fact=fact,
    )  # fmt: skip


def _opened(site: Site, path: str) -> tuple[Fix, ...]:
    """Ways to let the children write in the directory, or to the file, the least exposure first."""
    found = served(site)
    if found is None:
        return ()
    from audit403.files.remedy import remedies

    resolver = found.evaluator.files().resolver
    entry = resolver.evidence.entry(path)
    if not isinstance(entry, Entry) or entry.kind != DIRECTORY:
        return (Fix(f"give {path} to the user that httpd runs as", MANUAL),)
    ways = remedies(resolver.evidence, resolver.identity, worker_of(site), path, "write")
    return tuple(Fix(f"open it to {one.opens_to}", UNSAFE, (), one.commands, one.edits) for one in ways)
