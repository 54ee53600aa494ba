"""Where a decided request went: the server block, the location and the list that its trace names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place, Span
from audit403.core.request import Request
from audit403.nginx.decide.choose_server import BadHost, choose_server, choose_socket, validate_host
from audit403.nginx.decide.tls import handshake
from audit403.nginx.explore.regions import RuleTable
from audit403.nginx.model.address import parse_address
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server

if TYPE_CHECKING:
    from audit403.nginx.explore.tables import Tables


class SentOn(NamedTuple):
    """A step that sent a request on inside nginx, the URI or named location it sent it to, and where it came from."""

    step: Step
    to: str
    origin: Place | None


class Trails:
    """Looks up what traces of one model point to."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._locations: dict[int, dict[tuple[str, int], Location]] = {}
        self._tables: dict[int, RuleTable] = {}
        self._tables_of_values: Tables | None = None

    def server(self, request: Request, decision: Decision) -> Server | None:
        """The server block that took the request, chosen as the evaluator chooses it."""
        client = parse_address(request.client)
        socket = None if client is None else choose_socket(self.model, request, client)
        if socket is None or socket.default is None:
            return None
        try:
            if request.tls is not None and request.host is None:
                return handshake(socket, request.tls).server
            return choose_server(socket, validate_host(request.host or ""))[0]
        except BadHost:
            return socket.default

    def context(self, server: Server, decision: Decision) -> Context:
        """Where the request ended: the location that refused it, or that took it last, or the server block."""
        last = _deciding(decision) if decision.verdict == REFUSED else None
        found: Context = server
        for index, step in _own_steps(decision):
            if last is not None and index > last:
                break
            found = self._entered(server, step) or found
        return found

    def passed(self, server: Server, decision: Decision) -> list[Context]:
        """Every location that the request came through, the server block where none took it, the last one first."""
        found: dict[Context, None] = {}
        for _, step in _own_steps(decision):
            entered = self._entered(server, step)
            if entered is not None:
                found.pop(entered, None)
                found[entered] = None
        return list(reversed(found)) or [server]

    def _entered(self, server: Server, step: Step) -> Context | None:
        """The location, or the server block, whose settings hold from this step on."""
        if step.operator == "location" or (step.phase == "redirect" and isinstance(step.where, Span)):
            where = step.where
            return self._known(server).get((where.file, where.start)) if isinstance(where, Span) else None
        return server if step.phase == "location" and step.text.startswith("no location takes") else None

    def _known(self, server: Server) -> dict[tuple[str, int], Location]:
        known = self._locations.get(id(server))
        if known is None:
            known = self._locations[id(server)] = {}
            _note(server, known)
        return known

    @property
    def tables(self) -> "Tables":
        """The model's maps and geo blocks, for which not every run has use."""
        if self._tables_of_values is None:
            from audit403.nginx.explore.tables import Tables

            self._tables_of_values = Tables(self.model)
        return self._tables_of_values

    def list_of(self, context: Context, decision: Decision) -> list[AccessRule]:
        """The allow/deny list that refused a request in a context."""
        limit = context.limit_except if isinstance(context, Location) else None
        if limit is not None and _has(limit.access_rules(), decision.where):
            return limit.access_rules()
        return context.access_rules()

    def table(self, rules: list[AccessRule]) -> RuleTable:
        """The list as a table, made once."""
        found = self._tables.get(id(rules))
        if found is None:
            found = self._tables[id(rules)] = RuleTable(rules)
        return found


def sent_by(decision: Decision) -> SentOn | None:
    """What sent the request on to where it was refused: an index, try_files, a rewrite, an error page.

    What an error page for the 403 itself came to is another matter.
    """
    found: SentOn | None = None
    before: Step | None = None
    rewritten: SentOn | None = None
    location: Place | None = None
    for _, step in _own_steps(decision):
        if step.phase == "error_page" and step.value == "403":
            break
        if step.phase == "redirect" and before is not None:
            found, rewritten = SentOn(before, step.value or "", location), None
        elif step.phase == "rewrite" and step.value is not None and step.met is None:
            rewritten = SentOn(step, step.value, location)
        elif step.operator == "location" or step.text.startswith("no location takes"):
            location = step.where
            found, rewritten = rewritten or found, None
        before = step
    return found


def _deciding(decision: Decision) -> int | None:
    """The number of the step that refused: what an error page for the 403 came to is another matter."""
    own_page: int | None = None
    found: int | None = None
    for index, step in enumerate(decision.trace):
        if step.where is not None and step.where == decision.where and (found is None or own_page is None):
            found = index
        if own_page is None and step.phase == "error_page" and step.value == "403":
            own_page = index
    return own_page if found is None else found


def _own_steps(decision: Decision) -> Iterator[tuple[int, Step]]:
    """The steps of the request itself, each with its number, without those of the subrequests of auth_request."""
    asking = False
    for index, step in enumerate(decision.trace):
        if step.text.startswith("auth_request"):
            asking = step.text.startswith("auth_request asks")
        elif not asking:
            yield index, step


def _has(rules: list[AccessRule], where: Place | None) -> bool:
    if not isinstance(where, Span):
        return False
    return any(rule.directive.start == where.start and rule.directive.source.path == where.file for rule in rules)


def _note(owner: Server | Location, known: dict[tuple[str, int], Location]) -> None:
    for location in owner.tree.all():
        directive = location.directive
        if directive is not None:
            known[(directive.source.path, directive.start)] = location
        _note(location, known)
