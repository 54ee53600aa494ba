"""A directory that the server's worker may search and not read: no listing, and no redirect to the slash."""

from collections.abc import Iterator
from itertools import islice

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.explore.subject import Blocked
from audit403_checks.files.blocked import blocked_finding, more_like
from audit403_checks.files.kinds import is_for_nobody
from audit403_checks.files.remedies import worker_of
from audit403_checks.support import Refused, refused_by_any

_NAME = "files/directory-unreadable"
_MOST_ASKED = 200


@check(ERROR, "directory-unreadable")
def directory_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """What is meant to be listed is an error; whose files are served all the same and nothing else is a note."""
    found = refused_by_any(fact)
    if found is None or not isinstance(found[0].where, PathPlace):
        return
    refusal, subject = found
    groups: dict[str, list[Blocked]] = {}
    for one in islice(subject.blocking, _MOST_ASKED):
        groups.setdefault(_severity(site, refusal, subject, one), []).append(one)
    for severity, blocked in groups.items():
        target = blocked[0].target
        what = f"{target} cannot be listed" if target.endswith("/") else f"{target} without its slash is refused"
        more = more_like(blocked, "directory", "directories")
        message = f"{what}: {worker_of(site)} may not read the directory{more}"
        yield blocked_finding(_NAME, severity, message, site, refusal, blocked, "read")


def _severity(site: Site, refusal: Refusal, subject: Refused, blocked: Blocked) -> str:
    if is_for_nobody(blocked.path):
        return NOTE
    request = refusal.witness._replace(method="GET", target=blocked.target)
    if refusal.family == "apache":
        from audit403_checks.apache.listings import of_unreadable
    else:
        from audit403_checks.nginx.listings import of_unreadable
    return of_unreadable(site, subject, blocked, request)
