"""Other requests that differ from one in the outcome of one recorded test.

Each test of a trace says where it is written; what stands there tells which value would turn it.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from audit403.core.decision import Decision, Step
from audit403.core.place import Place, Span
from audit403.core.request import Request, Tls
from audit403.explore.fields import METHODS, with_credentials, with_target
from audit403.explore.ordinary import quoted
from audit403.explore.wish import Wish, anything, anything_but, exactly, matching
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.codes import codes_of
from audit403.nginx.explore.credentials import known_credentials
from audit403.nginx.explore.doors import Door
from audit403.nginx.explore.places import uris_of
from audit403.nginx.explore.point import Point, wish_of
from audit403.nginx.explore.trail import Trails
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.rewrite_code import If, Instruction, Rewrite
from audit403.nginx.model.server import Server
from audit403.nginx.model.template import Template

if TYPE_CHECKING:
    from audit403.nginx.explore.reach import Reach

_PROPOSALS = 8
_SAME = ("same", "1", "")
_CERTIFICATES = ("none", "verified", "failed")


Code = tuple[Instruction, ...]


class Flips:
    """Proposes requests to one server block on the other side of a test."""

    def __init__(self, evaluator: Evaluator, trails: Trails, server: Server, doors: list[Door]) -> None:
        self.evaluator = evaluator
        self.trails = trails
        self.server = server
        self.doors = doors
        self._reach: Reach | None = None
        self._written: dict[tuple[str, int], tuple[Instruction, Code]] | None = None

    @property
    def reach(self) -> "Reach":
        """The way back from variables, for which not every run has use."""
        if self._reach is None:
            from audit403.nginx.explore.reach import Reach

            self._reach = Reach(self.evaluator, self.trails.tables, self.server, self.doors)
        return self._reach

    def of(self, step: Step, request: Request, decision: Decision, context: Context) -> Iterator[Request]:
        """Requests for which a test on the way of a decided request may come out the other way."""
        instruction, code = self._at(step.where)
        outcomes = {one.where: one.met for one in decision.trace if one.phase == "rewrite" and one.met is not None}
        at = Point(request, code, {where: met for where, met in outcomes.items() if where is not None})
        if isinstance(instruction, If):
            yield from self._of_if(instruction, at, not step.met, context)
        elif isinstance(instruction, Rewrite):
            wish = matching(instruction.regex, not step.met)
            yield from self.reach.requests(at, "uri", wish)
            yield from _elsewhere_in(context, request, wish)
        elif step.operator == "map" and step.field is not None:
            yield from self._of_map(step.field[6:], at)
        elif step.operator == "geo":
            yield from self._of_geo(step.where, at)
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
            instruction, _ = self._at(step.where)
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

    def _at(self, where: Place | None) -> tuple[Instruction | None, Code]:
        """The `if` or `rewrite` that stands in a place, and the code that runs before it."""
        server = self.server
        if not isinstance(where, Span):
            return None, server.code
        if self._written is None:
            self._written = {}
            for number, code in enumerate(codes_of(server)):
                _note(code, () if number == 0 else server.code, self._written)
        return self._written.get((where.file, where.start), (None, server.code))

    def _of_if(self, instruction: If, at: Point, holds: bool, context: Context) -> Iterator[Request]:
        condition = instruction.condition
        wish = wish_of(condition, holds)
        if wish is not None:
            yield from self.reach.requests(at, condition.variable, wish)
            if condition.variable in _URIS:
                yield from _elsewhere_in(context, at.request, wish)
        elif condition.value is not None:
            yield from self._of_comparison(
                condition.variable, condition.value, at, holds != (condition.operator == "!=")
            )

    def _of_comparison(self, name: str, other: Template, at: Point, equal: bool) -> Iterator[Request]:
        """Requests in which two variables have the same value, or not."""
        for text in _SAME:
            for request in islice(self.reach.requests(at, name, exactly(text)), 2):
                wish = exactly(text) if equal else anything_but(text)
                yield from islice(self.reach.of_template(at.of(request), other, wish), 2)
        for text in _SAME:
            yield from islice(self.reach.requests(at, name, exactly(text)), 2)

    def _of_map(self, source: str, at: Point) -> Iterator[Request]:
        for name, definition in self.reach.model.maps.items():
            if definition.source.source == source:
                yield from islice(self.reach.requests(at, name, anything()), _PROPOSALS)

    def _of_geo(self, where: Place | None, at: Point) -> Iterator[Request]:
        for name, geo in self.reach.model.geos.items():
            span = geo.directive.span
            inside_it = isinstance(where, Span) and where.file == span.file and where.start >= geo.directive.start
            if inside_it and isinstance(where, Span) and where.start <= geo.directive.end:
                yield from islice(self.reach.requests(at, name, anything()), _PROPOSALS)


_URIS = frozenset(("uri", "document_uri", "request_uri"))
_TURNED = frozenset(("header:authorization", "tls.client_certificate", "over_limits"))


def _elsewhere_in(context: Context, request: Request, wish: Wish) -> Iterator[Request]:
    """Other addresses of the location that took the request."""
    if isinstance(context, Location):
        for uri in uris_of(context):
            if wish.accepts(uri):
                yield with_target(request, quoted(uri))


def _methods(step: Step, request: Request) -> Iterator[Request]:
    permitted = (step.value or "").split()
    wanted = permitted if step.met else [method for method in METHODS if method not in permitted]
    # POST is what a visitor sends beside GET.
    for method in sorted(wanted, key=lambda one: (one not in ("GET", "POST"), wanted.index(one)))[:2]:
        yield request._replace(method=method)


def _note(code: Code, before: Code, written: dict[tuple[str, int], tuple[Instruction, Code]]) -> None:
    for number, instruction in enumerate(code):
        if isinstance(instruction, (If, Rewrite)):
            written[(instruction.directive.source.path, instruction.directive.start)] = (
                instruction,
                (*before, *code[:number]),
            )
        if isinstance(instruction, If):
            _note(instruction.body, (*before, *code[:number]), written)
