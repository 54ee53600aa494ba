"""Other requests that differ from one in the outcome of one recorded test.

Each test of a trace says where it is written; what stands there tells which value would turn it.
"""

from collections.abc import Iterator
from itertools import combinations, islice

from audit403.core.decision import Decision, Step
from audit403.core.place import Place, Span
from audit403.core.request import Request, Tls
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.credentials import known_credentials
from audit403.nginx.explore.fields import METHODS, with_credentials
from audit403.nginx.explore.reach import Reach, codes_of
from audit403.nginx.explore.wish import anything, matching, wish_of
from audit403.nginx.model.address import IPV4, Address, Network
from audit403.nginx.model.context import Context
from audit403.nginx.model.rewrite_code import If, Instruction, Rewrite, Set

_MOST_JOINED = 4
_PROPOSALS = 8
_CERTIFICATES = ("none", "verified", "failed")


class Flips:
    """Proposes requests to one server block on the other side of a test."""

    def __init__(self, evaluator: Evaluator, reach: Reach) -> None:
        self.evaluator = evaluator
        self.reach = reach
        self._written: dict[tuple[str, int], Instruction] | None = None

    def of(self, step: Step, request: Request, context: Context) -> Iterator[Request]:
        """Requests for which the test may come out the other way."""
        instruction = self.at(step.where)
        if isinstance(instruction, If):
            yield from self._of_if(instruction, request, not step.met)
        elif isinstance(instruction, Rewrite):
            yield from self.reach.requests(request, "uri", matching(instruction.regex, not step.met))
        elif step.operator == "map" and step.field is not None:
            yield from self._of_map(step.field[6:], request)
        elif step.operator == "geo":
            yield from self._of_geo(step.where, request)
        elif step.phase == "location" and step.field == "method":
            yield from _methods(step, request)
        elif step.field == "header:authorization":
            for user, password in known_credentials(self.evaluator, context):
                yield with_credentials(request, user, password)
            yield with_credentials(request, "somebody", "password")
        elif step.field == "tls.client_certificate" and request.tls is not None:
            for certificate in _CERTIFICATES:
                if certificate != request.tls.client_certificate:
                    yield request._replace(tls=Tls(request.tls.sni, certificate))
        elif step.field == "over_limits":
            yield request._replace(over_limits=True)

    def can(self, step: Step) -> bool:
        """Whether there is a way to turn this test."""
        if step.phase == "rewrite":
            instruction = self.at(step.where)
            if isinstance(instruction, If):
                return not instruction.condition.operator.endswith(("-f", "-d", "-e", "-x"))
            return isinstance(instruction, Rewrite)
        if step.phase == "location":
            return step.field == "method"
        return step.operator in ("map", "geo") or step.field in _TURNED

    def unmet(self, decision: Decision) -> Iterator[Step]:
        """The conditions under which the request ended where it did, the innermost first."""
        places = {link.where for link in decision.because}
        for step in reversed(decision.trace):
            if step.phase == "rewrite" and step.met is not None and step.where in places:
                yield step

    def at(self, where: Place | None) -> Instruction | None:
        """The `if` or `rewrite` that stands in a place."""
        if not isinstance(where, Span):
            return None
        if self._written is None:
            self._written = {}
            for code in codes_of(self.reach.server):
                _note(code, self._written)
        return self._written.get((where.file, where.start))

    def _of_if(self, instruction: If, request: Request, holds: bool) -> Iterator[Request]:
        condition = instruction.condition
        wish = wish_of(condition, holds)
        if wish is None:
            wish = anything("", "something-else")
        yield from self.reach.requests(request, condition.variable, wish)
        if condition.variable in self.reach.model.assigned:
            yield from self._jointly(condition.variable, request, holds)

    def _jointly(self, name: str, request: Request, holds: bool) -> Iterator[Request]:
        """Requests for which several of the conditions hold under which a variable is set, one and then more."""
        setting = [
            instruction
            for code in codes_of(self.reach.server)
            for instruction in code
            if isinstance(instruction, If)
            and any(isinstance(one, Set) and one.name == name for one in instruction.body)
        ][:_MOST_JOINED]
        for count in range(1, len(setting) + 1):
            for chosen in combinations(setting, count):
                changed: Request | None = request
                for instruction in chosen:
                    wish = wish_of(instruction.condition, holds)
                    if wish is None or changed is None:
                        changed = None
                        break
                    made = self.reach.requests(changed, instruction.condition.variable, wish)
                    changed = next(made, changed)
                if changed is not None:
                    yield changed

    def _of_map(self, source: str, request: Request) -> Iterator[Request]:
        for name, definition in self.reach.model.maps.items():
            if definition.source.source == source:
                yield from islice(self.reach.requests(request, name, anything()), _PROPOSALS)

    def _of_geo(self, where: Place | None, request: Request) -> Iterator[Request]:
        for name, geo in self.reach.model.geos.items():
            span = geo.directive.span
            inside_it = isinstance(where, Span) and where.file == span.file and where.start >= geo.directive.start
            if inside_it and isinstance(where, Span) and where.start <= geo.directive.end:
                yield from islice(self.reach.requests(request, name, anything()), _PROPOSALS)


_TURNED = frozenset(("header:authorization", "tls.client_certificate", "over_limits"))


def inside(network: Network) -> str:
    """An address of a network: its second one where it has more than one."""
    bits = 32 if network.family == IPV4 else 128
    return Address(network.family, network.number + (1 if network.prefix < bits - 1 else 0)).text()


def _methods(step: Step, request: Request) -> Iterator[Request]:
    permitted = (step.value or "").split()
    wanted = permitted if step.met else [method for method in METHODS if method not in permitted]
    # POST is what a visitor sends beside GET.
    for method in sorted(wanted, key=lambda one: (one not in ("GET", "POST"), wanted.index(one)))[:2]:
        yield request._replace(method=method)


def _note(code: tuple[Instruction, ...], written: dict[tuple[str, int], Instruction]) -> None:
    for instruction in code:
        if isinstance(instruction, (If, Rewrite)):
            written[(instruction.directive.source.path, instruction.directive.start)] = instruction
        if isinstance(instruction, If):
            _note(instruction.body, written)
