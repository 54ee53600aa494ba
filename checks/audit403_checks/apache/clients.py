"""Who is let in where somebody is refused, for Apache's rules about addresses."""

from collections.abc import Iterator
from itertools import islice

from audit403.apache.explore.audience import named_networks
from audit403.apache.explore.doors import Door, Doors, from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.site import ApacheSite
from audit403.core.decision import NOT_REFUSED
from audit403.core.fact import Refusal
from audit403.explore.borders import inside
from audit403.http.address import Network

_MOST_NAMED = 20


def doors_of(site: ApacheSite, subject: Subject) -> list[Door]:
    """The sockets and names by which the server that refused is reached."""
    return Doors(site.model).of(subject.server)


def let_in(refusal: Refusal, subject: Subject, site: ApacheSite, doors: list[Door]) -> Iterator[Network]:
    """The networks of the rules in effect from which the witness is let in."""
    for network in islice(named_networks(subject), _MOST_NAMED):
        request = from_client(refusal.witness, inside(network), doors)
        if request is not None and site.decide(request).verdict == NOT_REFUSED:
            yield network
