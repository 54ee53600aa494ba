"""From the tree of directives to the model: contexts, locations, rewrite code, sockets and definitions.

What compiles a definition (map, geo, …) is imported when the first of its kind comes.
"""

from collections.abc import Iterable
from typing import TypeVar

from audit403.http.regex import Regex
from audit403.nginx.model.context import HTTP, LIMIT_EXCEPT, Context
from audit403.nginx.model.faulty import Faulty
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.rewrite_code import If, Instruction, Rewrite, Set, SetElsewhere, compile_code
from audit403.nginx.model.server import Server, server_names
from audit403.nginx.model.socket import Socket, implied_listen, parse_listen
from audit403.nginx.model.worker import worker_of
from audit403.nginx.read.configuration import Configuration
from audit403.nginx.read.tree import Directive

MOST_NESTED = 100


Defined = TypeVar("Defined")


def build_model(configuration: Configuration, hostname: str | None = None, refused: Iterable[Faulty] = ()) -> Model:
    """Build the model of a configuration; what nginx would reject is left out and recorded in `faults`.

    `hostname` is what `server_name $hostname` stands for, None where that is not known. `refused` is what is known to
    be rejected before anything is built.
    """
    return _Builder(configuration, hostname, tuple(refused)).build()


class _Builder:
    def __init__(self, configuration: Configuration, hostname: str | None, refused: tuple[Faulty, ...]) -> None:
        self.configuration = configuration
        self.hostname = hostname
        self.refused = refused
        self.left_out = {fault.directive for fault in refused if fault.dropped}
        main = Context("main", None, None)
        main.add(self._expand(configuration.main.directives))
        self.model = Model(configuration, main, worker_of(main.own.get("user", [])))

    def build(self) -> Model:
        model = self.model
        http = model.main.own.get("http", [])
        model.http = Context(HTTP, http[0] if http else None, None)
        for block in http:
            model.http.add(self._expand(block.block or ()))
        self._note_values(model.http)
        builders = {
            "map": self._build_map,
            "geo": self._build_geo,
            "split_clients": self._build_split_clients,
            "geoip2": self._build_geoip2,
            "server": self._build_server,
        }
        # In the order of the file: of several definitions of one variable the last counts.
        for directive in model.http.sequence:
            build = builders.get(directive.name)
            if build is not None:
                build(directive)
        self._build_sockets()
        known = {(fault.directive.source.path, fault.directive.start) for fault in self.refused}
        model.faults[:] = [
            *self.refused,
            *(one for one in model.faults if (one.directive.source.path, one.directive.start) not in known),
        ]
        return model

    def _expand(self, directives: Iterable[Directive]) -> Iterable[Directive]:
        expanded = self.configuration.expand(list(directives))
        if not self.left_out:
            return expanded
        return [directive for directive in expanded if directive not in self.left_out]

    def _build_map(self, block: Directive) -> None:
        from audit403.nginx.model.map import compile_map

        try:
            definition = compile_map(block, self._expand(block.block or ()))
        except ValueError as error:
            self.model.faults.append(Faulty(block, str(error)))
            return
        self._define(self.model.maps, _name(block), definition)
        self._note_captured(regex for regex, _ in definition.regexes)

    def _build_geo(self, block: Directive) -> None:
        from audit403.nginx.model.geo import Geo

        geo = Geo(block, self._expand(block.block or ()))
        self.model.faults.extend(Faulty(*problem) for problem in geo.problems)
        self._define(self.model.geos, _name(block), geo)

    def _build_split_clients(self, block: Directive) -> None:
        from audit403.nginx.model.split_clients import compile_split_clients

        try:
            definition = compile_split_clients(block, self._expand(block.block or ()))
        except ValueError as error:
            self.model.faults.append(Faulty(block, str(error)))
            return
        self._define(self.model.splits, _name(block), definition)

    def _build_geoip2(self, block: Directive) -> None:
        from audit403.nginx.model.geoip2 import compile_geoip2

        try:
            found = compile_geoip2(block, self._expand(block.block or ()), self.model.prefix)
        except ValueError as error:
            self.model.faults.append(Faulty(block, str(error)))
            return
        for name, database in found.items():
            self._define(self.model.geoip2, name, database)

    def _define(self, table: dict[str, Defined], name: str, definition: Defined) -> None:
        model = self.model
        for other in (model.maps, model.geos, model.splits, model.geoip2):
            other.pop(name, None)
        model.captured.discard(name)
        table[name] = definition

    def _build_server(self, directive: Directive) -> None:
        server = Server(directive, self.model.http)
        server.add(self._expand(directive.block or ()))
        names = server.own.get("server_name", [])
        server.names = server_names(names, self.hostname)
        self.model.after_host += [one for one in names if "$hostname" in map(str.lower, one.args)]
        self._note_captured(name.regex for name in server.names)
        self._note_values(server)
        server.code = self._code(server.sequence, server)
        self._build_locations(server, server)
        self.model.servers.append(server)

    def _build_locations(self, owner: Server | Location, server: Server, depth: int = 0) -> None:
        directives = owner.own.get("location", ())
        if directives and depth >= MOST_NESTED:
            span = directives[0].span
            reason = f"locations nested more than {MOST_NESTED} deep are not evaluated"
            self.configuration.not_read.append((f"{span.file}:{span.line}", reason))
            return
        for directive in directives:
            location = Location(directive, owner)
            location.server = server
            self._note_captured((location.regex,))
            if location.problem is not None:
                self.model.faults.append(Faulty(directive, location.problem))
            location.add(self._expand(directive.block or ()))
            self._note_values(location)
            location.code = self._code(location.sequence, location)
            self._build_limit_except(location)
            self._build_locations(location, server, depth + 1)
            owner.tree.add(location)
            if location.named and owner is not server:
                self.model.faults.append(Faulty(directive, "named locations can be on the server level only"))

    def _build_limit_except(self, location: Location) -> None:
        for directive in location.own.get("limit_except", ()):
            permitted = {method.upper() for method in directive.args}
            if "GET" in permitted:
                permitted.add("HEAD")
            context = Context(LIMIT_EXCEPT, directive, location)
            context.server = location.server
            context.add(self._expand(directive.block or ()))
            self._note_values(context)
            location.limit_except = context
            location.permitted_methods = frozenset(permitted)

    def _note_values(self, context: Context) -> None:
        """`auth_request_set` makes a variable as `set` does."""
        for directive in context.own.get("auth_request_set", ()):
            if directive.args and directive.args[0].startswith("$"):
                self.model.assigned.add(directive.args[0][1:].lower())

    def _code(self, directives: Iterable[Directive], owner: Context) -> tuple[Instruction, ...]:
        code = compile_code(directives, owner, self.model.faults, self._expand)
        self._note_assigned(code)
        return code

    def _note_assigned(self, code: Iterable[Instruction]) -> None:
        for instruction in code:
            if isinstance(instruction, Set | SetElsewhere):
                self.model.assigned.add(instruction.name)
            elif isinstance(instruction, Rewrite):
                self._note_captured((instruction.regex,))
            elif isinstance(instruction, If):
                self._note_captured((instruction.condition.regex,))
                self._note_assigned(instruction.body)

    def _note_captured(self, regexes: Iterable[Regex | None]) -> None:
        """A named group makes a variable, which is empty until its regex matches."""
        for regex in regexes:
            if regex is not None:
                self.model.captured.update(name.lower() for name in regex.names)

    def _build_sockets(self) -> None:
        sockets: dict[tuple[str, int, int, str], Socket] = {}
        for server in self.model.servers:
            directives = server.own.get("listen", [])
            listens = [listen for directive in directives for listen in parse_listen(directive)]
            for listen in listens if directives else [implied_listen()]:
                socket = sockets.get(listen.key())
                if socket is None:
                    socket = sockets[listen.key()] = Socket(listen)
                socket.add(server, listen)
        self.model.sockets = list(sockets.values())


def _name(block: Directive) -> str:
    last = block.args[-1] if block.args else ""
    return last[1:].lower() if last.startswith("$") else last.lower()
