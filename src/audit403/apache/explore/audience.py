"""Who is let in where somebody is refused: an address of every network that the rules in effect name is asked."""

from collections.abc import Iterator
from itertools import islice

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.doors import Door, from_client
from audit403.apache.explore.subject import Subject
from audit403.core.decision import REFUSED, Decision
from audit403.core.family import Site
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.explore.ordinary import CLIENTS
from audit403.http.address import Network

_MOST_ASKED = 60


class Audience(NamedTuple):
    """Addresses that are let in, and addresses that are refused; each is named by the rules or an ordinary one."""

    let_in: tuple[str, ...]
    refused: tuple[str, ...]


def named_networks(subject: Subject) -> tuple[Network, ...]:
    """The networks that `Require ip`, `Allow from` and `Deny from` in effect name."""
    return tuple(dict.fromkeys(_named(subject)))


def _named(subject: Subject) -> Iterator[Network]:
    root = subject.authz.root
    for leaf in () if root is None else leaves(root):
        if leaf.provider == "ip" and isinstance(leaf.parsed, tuple):
            yield from leaf.parsed
    access = subject.access
    for place in () if access is None else (*access.allows, *access.denies):
        if place.network is not None:
            yield place.network


def audience(site: Site, witness: Request, doors: list[Door], named: tuple[Network, ...]) -> Audience:
    """What becomes of the witness from an address of each named network, and from ordinary ones."""
    let_in: list[str] = []
    refused: list[str] = []
    for client in islice(dict.fromkeys((*map(inside, named), *CLIENTS)), _MOST_ASKED):
        request = from_client(witness, client, doors)
        if request is not None:
            decision: Decision = site.decide(request)
            (refused if decision.verdict == REFUSED else let_in).append(client)
    return Audience(tuple(let_in), tuple(refused))
