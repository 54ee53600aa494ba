"""The exploration of one configuration: every refusal once per cause and place, with a witness."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, UNKNOWN, Decision
from audit403.core.fact import Fact
from audit403.core.family import NotAudited
from audit403.core.open_question import Undecided
from audit403.explore.asked import Asked
from audit403.explore.subject import PURPOSE_LINKED
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.access_lists import access_starts
from audit403.nginx.explore.doors import Doors, from_client, visit
from audit403.nginx.explore.found import Found
from audit403.nginx.explore.idle import idle_directives
from audit403.nginx.explore.loops import Loops
from audit403.nginx.explore.places import Seen, Start, starts
from audit403.nginx.explore.search import Search
from audit403.nginx.explore.trail import Trails
from audit403.nginx.explore.unexplored import NginxLeftOpen, unexplored
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server

if TYPE_CHECKING:
    from audit403.explore.blocking import TreeStart
    from audit403.nginx.explore import alike
    from audit403.nginx.explore.server_errors import ServerErrors


class Explorer:
    """Explores one model in one world; `facts` runs once."""

    def __init__(self, model: Model, evaluator: Evaluator, tree_known: bool) -> None:
        self.model = model
        self.evaluator = evaluator
        self.tree_known = tree_known
        self.missed: list[NotAudited] = []
        self.trails = Trails(model)
        self.doors = Doors(model.sockets)
        self.found = Found(evaluator, self.trails, self.doors)
        self.loops = Loops()
        self.server_errors = _server_errors(model)
        self.left_open = NginxLeftOpen("nginx", tree_known)
        self._looked_at_files = True
        self._seen_lists: set[int] = set()
        self._shapes: alike.Shapes | None = None
        self._alike: dict[alike.Shape, Server] = {}
        if len(model.servers) > 1 and not tree_known:
            from audit403.nginx.explore.alike import Shapes

            self._shapes = Shapes(model, evaluator.evidence)
        self._missed_of: dict[Server, list[NotAudited]] = {}
        self._starts_of_lists: set[tuple[int, int]] = set()

    def facts(self) -> Iterator[Fact]:
        """Every refusal and idle directive that exploration finds."""
        for server in self.model.servers:
            self._explore_server(server)
        if len(self.model.servers) > 1:
            from audit403.nginx.explore.meant_names import meant_names

            for start in meant_names(self.evaluator):
                self._explore_stray(start)
        yield from self.found.refusals()
        yield from self.loops.facts()
        if self.server_errors is not None:
            yield from self.server_errors.facts()
        yield from self.left_open.facts()
        yield from idle_directives(self.model)
        if any(b"$ssl_client_" in file.source.data for file in self.model.configuration.files.values()):
            from audit403.nginx.explore.certificates import impossible_certificates

            yield from impossible_certificates(self.model)

    def _explore_server(self, server: Server) -> None:
        doors = self.doors.of(server)
        if not doors:
            return  # no name leads to it
        shape = None if self._shapes is None else self._shapes.of(server, doors)
        if shape is not None and self._shapes is not None:
            alike = self._alike.setdefault(shape, server)
            if alike is not server and self.found.repeat(alike, server, self._shapes.translation(alike, server)):
                self.missed += _missed_alike(self._missed_of.get(alike, []), server)
                return
        noted, missed = self._noted(), len(self.missed)
        search = Search(self.evaluator, self.trails, server, doors, self._seen_lists)
        seen = Seen(search.has_entered, lambda: self._looked_at_files)
        for start in starts(self.evaluator, server, doors, seen, self.missed):
            self._explore(search, start)
        if self.tree_known:
            try:
                self._explore_tree(search)
            except Undecided as error:
                self.missed.append(NotAudited(server.first_name(), f"{error.missing.name} is not known here"))
        self.found.forget_entered(server, search.has_entered)
        self.missed += unexplored(server, search, self.trails, doors, self.left_open)
        if len(self.missed) > missed:
            self._missed_of[server] = self.missed[missed:]
        if shape is not None and self._noted() != noted:
            del self._alike[shape]  # the facts beside the refusals are to be found for every block

    def _noted(self) -> tuple[int, ...]:
        return len(self.left_open), len(self.loops), len(self.server_errors or ())

    def _explore(self, search: Search, start: Start, entries: "TreeStart | None" = None) -> None:
        search.cut_off = False
        asked = search.explore(start.request, start.meant, for_files=entries is not None)
        self._looked_at_files = any(_looks_at_files(entry.decision) for entry in asked)
        if search.cut_off:
            self.missed.append(NotAudited(start.request.url(), "exploration was cut off: too many tests on one path"))
        self.found.record(start, asked, entries)
        self.left_open.note(asked)
        if self.server_errors is not None:
            self.server_errors.note(start, asked)
        self.loops.note(start, asked)
        if entries is None:
            self._explore_lists(search, start, asked)

    def _explore_lists(self, search: Search, start: Start, asked: list[Asked]) -> None:
        """Clients that an allow names which is never reached, or that stands in a replaced list."""
        for request, decision, _ in list(asked):
            if not any(step.phase == "access" and step.field == "client" for step in decision.trace):
                continue
            context = self.trails.context(search.server, decision)
            key = (id(context.access_rules()), id(context.limit_except if hasattr(context, "limit_except") else None))
            if key in self._starts_of_lists:
                continue
            self._starts_of_lists.add(key)
            for client, below, above in access_starts(context):
                changed = from_client(request, client, search.doors)
                if changed is None:
                    continue
                entry = Asked(changed, self.evaluator.decide(changed), 1)
                if entry.decision.verdict == REFUSED and entry.decision.cause in ("access-rule", "limit-except"):
                    self.found.add(start, entry, asked, below=below, above=above)

    def _explore_stray(self, start: Start) -> None:
        decision = self.evaluator.decide(start.request)
        if decision.verdict == REFUSED:
            asked = [Asked(start.request, decision, 0)]
            for address in ("fd00::5", "::1") if ":" in start.request.client else ("10.0.0.5", "127.0.0.1"):
                other = start.request._replace(client=address)
                asked.append(Asked(other, self.evaluator.decide(other), 1))
            self.found.record(start, asked, None)

    def _explore_tree(self, search: Search) -> None:
        from audit403.nginx.explore.linked import linked
        from audit403.nginx.explore.mounts import mounts
        from audit403.nginx.explore.tree import walk

        door = search.doors[0]
        for mount in mounts(self.evaluator, search.server, door, self.missed):
            entries: list[TreeStart] = []
            for found in walk(self.evaluator, search.server, door, mount, self.missed):
                start = Start(visit(door, found.target), door.socket, found.purpose, search.server)
                self._explore(search, start, found)
                entries.append(found)
            for link in linked(self.evaluator, search.server, door, mount, entries):
                start = Start(link.request, door.socket, PURPOSE_LINKED, search.server, page=link.page)
                self.found.record(start, [Asked(link.request, self.evaluator.decide(link.request), 0)], None)


def _server_errors(model: Model) -> "ServerErrors | None":
    if not model.http.writes("auth_basic_user_file", "auth_request"):
        return None
    from audit403.nginx.explore.server_errors import ServerErrors

    return ServerErrors(model)


def _missed_alike(missed: list[NotAudited], server: Server) -> Iterator[NotAudited]:
    """What was missed in one server block, said of another that is alike."""
    span = server.span()
    place = server.first_name() if span is None else f"{span.file}:{span.line}"
    for one in missed:
        yield NotAudited(place, f"{one.reason} (as at {one.target}: the server blocks are alike)")


def _looks_at_files(decision: Decision) -> bool:
    """Whether files had a say, or would have had if they were known."""
    return decision.verdict == UNKNOWN or any((step.field or "").startswith("file:") for step in decision.trace)
