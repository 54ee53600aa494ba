"""A directory that the server's worker may search and not read: no listing, and no redirect to the slash."""

from collections.abc import Iterator
from itertools import islice

from audit403.core.decision import Step
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, WARNING, Finding
from audit403.core.place import PathPlace
from audit403.core.registry import check
from audit403.explore.subject import Blocked
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.location import every_location
from audit403_checks.files.blocked import blocked_finding, more_like
from audit403_checks.files.kinds import is_for_nobody
from audit403_checks.files.remedies import worker_of
from audit403_checks.nginx.subjects import refusal_of

_NAME = "files/directory-unreadable"
_LISTINGS = ("autoindex", "fancyindex", "random_index")
_SERVED = 200
_MOST_ASKED = 200


@check(ERROR, "directory-unreadable")
def directory_unreadable(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where a location is there to list it, a warning where its page is there and its bare address is not."""
    found = refusal_of(fact)
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


def _severity(site: Site, refusal: Refusal, subject: Subject, blocked: Blocked) -> str:
    request = refusal.witness._replace(method="GET", target=blocked.target)
    if is_for_nobody(blocked.path):
        return NOTE
    steps = site.decide(request).trace
    listing = next((step for step in steps if step.operator == "listable" and step.met is False), None)
    if listing is not None:
        return ERROR if _is_of_a_location(listing, subject) else WARNING
    has_page = site.decide(request._replace(target=blocked.target + "/")).status == _SERVED
    return WARNING if has_page and not blocked.target.endswith("/") else NOTE


def _is_of_a_location(listing: Step, subject: Subject) -> bool:
    """Whether it is a location that says that it lists, and not the whole server."""
    places = every_location(subject.server.tree)
    own = (one for place in places for name in _LISTINGS for one in place.own.get(name, ()))
    return any(one.span == listing.where for one in own)
