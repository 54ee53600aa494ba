"""What it means that nginx's workers may not read a directory."""

from audit403.core.decision import Step
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, WARNING
from audit403.core.request import Request
from audit403.explore.subject import Blocked
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.location import every_location
from audit403_checks.support import Refused

_LISTINGS = ("autoindex", "fancyindex", "random_index")
_SERVED = 200


def of_unreadable(site: Site, subject: Refused, blocked: Blocked, request: Request) -> str:
    """An error where a location is there to list it, a warning where its page is there and its bare address is not."""
    if not isinstance(subject, Subject):
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
