"""Who is refused and who is let in, for the rules about addresses."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place, Span
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.nginx.explore.doors import Door, doors_of, from_client
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import IPV6, Network, network_of, parse_address
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location
from audit403_checks.networks import is_public

if TYPE_CHECKING:  # most lists need no more than a look at themselves
    from audit403.nginx.explore.audience import Audience

_MOST_NAMED = 20


class Around(NamedTuple):
    """What a rule about addresses needs: the server's doors, and the networks that the tests on the way name."""

    doors: list[Door]
    named: list[Network]


def around(site: Site, refusal: Refusal, subject: Subject) -> Around:
    """The doors of the server block that refused, and the networks that its tests name."""
    if not isinstance(site, NginxSite):
        return Around([], [])
    from audit403.nginx.explore.audience import named_networks

    context = subject.context or subject.server
    named = named_networks(site.model, refusal.decision, context)
    return Around(doors_of(subject.server, site.model.sockets), named)


def list_of(refusal: Refusal, subject: Subject) -> list[AccessRule]:
    """The allow/deny list that refused."""
    context = subject.context or subject.server
    limit = context.limit_except if isinstance(context, Location) and refusal.cause == "limit-except" else None
    return (limit or context).access_rules()


def rule_at(refusal: Refusal, rules: list[AccessRule]) -> AccessRule | None:
    """The rule that refused."""
    where = refusal.where
    if not isinstance(where, Span):
        return None
    here = (rule for rule in rules if rule.directive.source.path == where.file)
    return next((rule for rule in here if rule.directive.start == where.start), None)


def looks_at_client(decision: Decision) -> bool:
    """Whether a geo block or an `if` looked at the client's address on the way."""
    on_the_way = ((step.operator, step.phase, step.field) for step in decision.trace)
    return any(operator == "geo" or (phase, field) == ("rewrite", "client") for operator, phase, field in on_the_way)


def listens_on_ipv6(site: Site, subject: Subject) -> bool:
    """Whether the server block is reached over IPv6."""
    sockets = site.model.sockets if isinstance(site, NginxSite) else ()
    return any(socket.listen.family == IPV6 and subject.server in socket.servers for socket in sockets)


def door_for_ipv6(request: Request, doors: list[Door]) -> Door | None:
    """The door by which the same page is come to over IPv6."""
    six = [door for door in doors if door.socket.listen.family == IPV6]
    six.sort(key=lambda door: (door.socket.listen.port != request.port, door.socket.tls != (request.tls is not None)))
    return six[0] if six else None


def asked_from(site: Site, witness: Request, client: str, doors: list[Door]) -> Request | None:
    """The witness from another address, where that is refused too."""
    request = from_client(witness, client, doors)
    return request if request is not None and site.decide(request).verdict == REFUSED else None


def who_is_let_in(site: Site, witness: Request, near: Around, by: Place | None = None) -> "Audience":
    """What becomes of the witness from every kind of address; with `by` only that place refuses."""
    from audit403.nginx.explore.audience import audience

    return audience(site.decide, witness, near.doors, near.named, by)


def lets_visitors_in(refusal: Refusal, subject: Subject) -> bool:
    """Whether public addresses may be let in; cheap, for most lists name private ones."""
    if refusal.cause == "return":
        return looks_at_client(refusal.decision)
    permitted = (rule.network for rule in list_of(refusal, subject) if rule.permits)
    return any(network is not None and is_public(network) for network in permitted)


def visitors(site: Site, refusal: Refusal, near: Around) -> Iterator[Network]:
    """Public networks that are let in."""
    for network in near.named[:_MOST_NAMED]:
        if is_public(network):
            request = from_client(refusal.witness, inside(network), near.doors)
            if request is not None and site.decide(request).where != refusal.where:
                yield network


def network_of_client(client: str) -> Network:
    """The network that holds one client."""
    address = parse_address(client)
    assert address is not None
    return network_of(address)


def is_in(context: Context, where: Place) -> bool:
    """Whether a line stands inside a block; one that an include brings in does not count."""
    block = context.directive
    if block is None or not isinstance(where, Span):
        return False
    return block.source.path == where.file and block.start <= where.start < block.end
