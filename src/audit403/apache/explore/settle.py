"""A refusal made ready to be told: its plainest witness, whom it hits, and a request beside it that is let through."""

from itertools import islice

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.decide.exchange import Exchange
from audit403.apache.explore.doors import Doors, door_of, from_client, visit
from audit403.apache.explore.flips import network_of
from audit403.apache.explore.wishes import wish_of
from audit403.apache.model.server import Server
from audit403.apache.model.subnet import contains
from audit403.core.decision import REFUSED, Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.asked import differences, is_let_through
from audit403.explore.borders import Borders, addresses_like
from audit403.explore.ordinary import CLIENTS
from audit403.explore.plain import plainest
from audit403.explore.who import about_clients, by_family, who
from audit403.http.address import Network, parse_plain

_MOST_ASKED = 120
_ENOUGH_ASKED = 8
_MANY_STEPS = 200
_MOST_STEPS = 200_000
"""How many steps of long traces may be spent on whom refusals hit, before fewer clients are asked."""
_MOST_OF_A_TEST = 4
_MOST_NETWORKS = 200
_OF_THIS_MACHINE = ("127.0.0.1", "127.0.1.1", "127.9.9.9", "::1")
_MOST_NAMED = 4


class Settled(NamedTuple):
    """The witness with its decision, whom the refusal hits, and what is let through beside it."""

    request: Request
    decision: Decision
    who: str
    served: Request | None
    exchange: Exchange


class Settler:
    """Settles the refusals of one model."""

    def __init__(self, evaluator: Evaluator, doors: Doors) -> None:
        self.evaluator = evaluator
        self.doors = doors
        self._steps = 0

    def settle(
        self, request: Request, decision: Decision, server: Server, served: Request | None, *, keeps_name: bool = False
    ) -> Settled:
        """`served` is what the search met beside the request; with `keeps_name` it is about the name that it has."""
        doors = self.doors.of(server)
        end = (decision.cause, decision.where)

        def same(_: Request, answer: Decision) -> bool:
            return answer.verdict == REFUSED and (answer.cause, answer.where) == end

        door = door_of(request, doors)
        ordinary = None if door is None or keeps_name else visit(door, request.target)

        def other_client(one: Request, client: str) -> Request | None:
            return from_client(one, client, doors)

        plain = plainest(request, decision, ordinary, other_client, self.evaluator.decide, same)
        request, decision, needed, _ = plain
        if served is not None and (len(differences(request, served)) != 1 or served.target != request.target):
            served = None  # that another address is served says nothing about this one
        served = plain.served if served is None else served
        if served is not None and not needed:
            needed = tuple(differences(request, served))
        clients, other = self._clients(request, decision, server)
        served = other if other is not None and (served is None or clients is not None) else served
        if clients == "some clients" or (clients is None and "client" in needed):
            clients = f"clients such as {request.client}"
        decision, exchange = self.evaluator.followed(request)
        return Settled(request, decision, who(request, needed, clients), served, exchange)

    def _clients(self, request: Request, decision: Decision, server: Server) -> tuple[str | None, Request | None]:
        """Which clients are hit (None: all), and the request from one who is not."""
        if not about_clients(decision):
            return None, None
        doors = self.doors.of(server)
        networks: dict[Network, str] = {}
        let_in: list[Request] = []
        fates: dict[str, bool] = {}
        pending = [request.client, *CLIENTS]
        seen: set[str] = set()
        self._note(decision, networks, pending)
        while pending and len(seen) < (_MOST_ASKED if self._steps < _MOST_STEPS else _ENOUGH_ASKED):
            client = pending.pop(0)
            other = None if client in seen else from_client(request, client, doors)
            seen.add(client)
            if other is None or (other.port, other.scheme) != (request.port, request.scheme):
                continue  # by another door another thing may stop it
            answer = self.evaluator.decide(other)
            self._steps += max(0, len(answer.trace) - _MANY_STEPS)
            if is_let_through(answer) and differences(request, other) == {"client"}:
                let_in.append(other)
            fates[client] = answer.verdict == REFUSED
            self._note(answer, networks, pending)  # what is asked of one client may not be asked of another
        return _which(fates, networks), next(iter(let_in), None)

    def _note(self, decision: Decision, networks: dict[Network, str], pending: list[str]) -> None:
        """Take in the networks that a decision has looked at, and somebody on either side of their borders."""
        for network, text in networks_of(decision).items():
            if network not in networks and len(networks) < _MOST_NETWORKS:
                networks[network] = text
                pending += (one.text() for one in Borders([network]).everywhere())
        if any(step.operator == "is-local" for step in decision.trace):
            pending += _OF_THIS_MACHINE
        for step in decision.trace:
            if step.field == "client" and step.operator not in ("in-network", "is-local", "address-of"):
                wish = None if step.met is None else wish_of(step._replace(met=False))
                pending += () if wish is None else islice(addresses_like(wish), _MOST_OF_A_TEST)


def networks_of(decision: Decision) -> dict[Network, str]:
    """The networks that the client's address was compared with on the way, each as it is written."""
    found: dict[Network, str] = {}
    for step in decision.trace:
        network = network_of(step) if step.field == "client" else None
        if network is not None:
            text = step.value or ""
            found.setdefault(network, network.shown() if text == network.text() else text)
    return found


def _which(fates: dict[str, bool], networks: dict[Network, str]) -> str | None:
    """The clients whom a refusal hits, of those who were asked; None where it is every one of them."""
    if all(fates.values()):
        return None
    for words, inside in (("every client but", False), ("clients in", True)):
        named = _named(fates, networks, inside)
        if len(named) == 1 and inside and "/" not in named[0]:
            return f"the client {named[0]}"
        if named:
            return f"{words} {', '.join(named)}"
    return by_family(fates)


def _named(fates: dict[str, bool], networks: dict[Network, str], inside: bool) -> list[str]:
    """Those of the networks that together are just whom a refusal hits (`inside`), or just whom it does not."""
    chosen = []
    for network, text in networks.items():
        own = {fate for client, fate in fates.items() if _is_in(client, network)}
        if own == {inside}:
            chosen.append((network, text))
    explained = all(
        (fate == inside) == any(_is_in(client, network) for network, _ in chosen) for client, fate in fates.items()
    )
    return [text for _, text in chosen] if explained and len(chosen) <= _MOST_NAMED else []


def _is_in(client: str, network: Network) -> bool:
    address = parse_plain(client)
    return address is not None and contains(network, address)
