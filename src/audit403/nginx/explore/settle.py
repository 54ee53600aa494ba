"""A refusal made ready to be told: its plainest witness, whom it hits, and a request beside it that is let through."""

from collections.abc import Iterator
from itertools import islice

from audit403.core.decision import NOT_REFUSED, REFUSED, Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.asked import differences
from audit403.explore.ordinary import CLIENTS
from audit403.explore.plain import plainest
from audit403.explore.who import about_clients, who
from audit403.explore.wish import anything
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.doors import Door, Doors, family_of, from_client, visit
from audit403.nginx.explore.flips import Flips
from audit403.nginx.explore.subject import Subject
from audit403.nginx.explore.trail import Trails
from audit403.nginx.explore.who import which_clients
from audit403.nginx.model.location import Location

_MOST_OF_A_LIST, _MOST_OF_A_LONG_LIST, _LONG_LIST = 40, 8, 100
_MOST_OF_A_GEO = 24
_MOST_OF_A_TEST = 6
_MOST_ASKED = 120


class Settled(NamedTuple):
    """The witness with its decision, whom the refusal hits, and what is let through beside it."""

    request: Request
    decision: Decision
    who: str
    served: Request | None


class Settler:
    """Settles the refusals of one model."""

    def __init__(self, evaluator: Evaluator, trails: Trails, doors: Doors) -> None:
        self.evaluator = evaluator
        self.trails = trails
        self.doors = doors
        files = evaluator.model.configuration.files.values()
        self._addresses_are_used = any(b"remote_addr" in file.source.data for file in files)

    def settle(self, request: Request, decision: Decision, subject: Subject, served: Request | None) -> Settled:
        """`served` is what the search met beside the request."""
        server = subject.server
        end = (decision.cause, decision.where)

        def same(other: Request, answer: Decision) -> bool:
            is_end = answer.verdict == REFUSED and (answer.cause, answer.where) == end
            return is_end and self.trails.server(other, answer) is server

        # What it is about stays as it is: a name that nobody has, or the client whom a rule names.
        about = (subject.meant, subject.permitted_below, subject.permitted_above)
        doors = self.doors.of(server) if about == (None, None, None) else []
        ordinary = _ordinary(request, doors)
        plain = plainest(
            request,
            decision,
            ordinary,
            lambda one, client: from_client(one, client, doors),
            self.evaluator.decide,
            same,
        )
        request, decision, needed, _ = plain
        if served is not None and len(differences(request, served)) != 1:
            served = None
        served = plain.served if served is None else served
        if served is not None and not needed:
            needed = tuple(differences(request, served))
        clients, other = self._clients(request, decision, subject)
        served = other if other is not None and (served is None or clients is not None) else served
        if clients == "some clients" or (clients is None and "client" in needed):
            clients = f"clients such as {request.client}"
        return Settled(request, decision, who(request, needed, clients), served)

    def _clients(self, request: Request, decision: Decision, subject: Subject) -> tuple[str | None, Request | None]:
        """Which clients are hit, and the request from one who is not."""
        if not about_clients(decision) and not (self._addresses_are_used and _runs_code(decision)):
            return None, None
        doors = self.doors.of(subject.server)
        let_in: list[Request] = []

        def is_refused(client: str) -> bool | None:
            other = from_client(request, client, doors)
            if other is None or (other.port, other.scheme) != (request.port, request.scheme):
                return None  # by another door another thing may stop it
            verdict = self.evaluator.decide(other).verdict
            if verdict == NOT_REFUSED and differences(request, other) == {"client"}:
                let_in.append(other)
            return verdict == REFUSED

        context = subject.context or subject.server
        table = self.trails.table(self.trails.list_of(context, decision))
        asked = islice(dict.fromkeys(self._asked(request, decision, subject)), _MOST_ASKED)
        return which_clients(decision, table, asked, is_refused), next(iter(let_in), None)

    def _asked(self, request: Request, decision: Decision, subject: Subject) -> Iterator[str]:
        """Ordinary clients, and some on either side of every border that was looked at on the way."""
        yield request.client
        yield from CLIENTS
        for context in self.trails.passed(subject.server, decision):
            levels = [context]
            if isinstance(context, Location) and context.limit_except is not None:
                levels.append(context.limit_except)
            for rules in (level.access_rules() for level in levels):
                most = _MOST_OF_A_LIST if len(rules) < _LONG_LIST else _MOST_OF_A_LONG_LIST
                table = self.trails.table(rules)
                yield from islice(table.passing(), most)
                yield from (address.text() for address in islice(table.borders().everywhere(), most))
        for step in decision.trace:
            if step.operator == "geo":
                for geo in self.evaluator.model.geos.values():
                    if not geo.variable:
                        yield from islice(self.trails.tables.clients_of(geo, anything()), _MOST_OF_A_GEO)
        yield from self._of_tests(request, decision, subject)

    def _of_tests(self, request: Request, decision: Decision, subject: Subject) -> Iterator[str]:
        """Clients on the other side of the conditions on the way."""
        flips = Flips(self.evaluator, self.trails, subject.server, self.doors.of(subject.server))
        for step in decision.trace:
            if step.phase == "rewrite" and flips.can(step):
                context = subject.context or subject.server
                for other in islice(flips.of(step, request, decision, context), _MOST_OF_A_TEST):
                    if differences(request, other) == {"client"}:
                        yield other.client


def _runs_code(decision: Decision) -> bool:
    return any(step.phase in ("rewrite", "variables") for step in decision.trace)


def _ordinary(request: Request, doors: list[Door]) -> Request | None:
    """A browser's direct visit to the same target by the same door."""
    for door in doors:
        found = visit(door, request.target)
        same = (found.port, found.scheme) == (request.port, request.scheme)
        if same and door.socket.takes(family_of(request.client)):
            return found
    return None
