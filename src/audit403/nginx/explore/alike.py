"""Server blocks that are equal but for their names and for literals that decide nothing: one of them is explored.

Two blocks are alike when they listen on the same sockets and say the same in the same order, their own names aside and
aside from what has no say in access: where files lie (while nothing is claimed about files), logs, certificates, the
address of a program that answers for itself, which network a list names where only that list knows it. The refusals of
the one are asked of the other; each must be refused there for the same cause, or the other is explored like any block.
"""

from collections.abc import Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Evidence
from audit403.nginx.decide.map_path import join_prefix
from audit403.nginx.explore.alike_networks import Parameters
from audit403.nginx.explore.doors import Door
from audit403.nginx.explore.translation import Translation
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive

_SHORTEST_NAME = 4
NEVER_ASKED = frozenset(
    (
        *("access_log", "error_log", "expires", "charset"),
        *("fastcgi_param", "uwsgi_param", "scgi_param"),
        *("fastcgi_cache", "fastcgi_cache_key", "proxy_cache", "proxy_cache_key"),
    )
)
"""What the evaluator and exploration never ask for; a test holds them to that."""
_LEFT_OUT = NEVER_ASKED | {"server_name", "listen"}  # a block's names and sockets are compared otherwise
_PRESENCE_COUNTS = frozenset(
    (
        *("ssl_certificate", "ssl_certificate_key", "ssl_trusted_certificate"),
        *("fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"),
    )
)
"""What matters about these is that they are there, and whether a variable is in them."""
_PATHS = frozenset(("root", "alias"))
_ABOUT_PATHS = ("$document_root", "$realpath_root", "$request_filename")
_LOOK_AT_PATHS = frozenset(("if", "set", "rewrite", "error_page", "return", "auth_request"))
_ABOUT_HOSTS = ("$host", "$http_host", "$server_name", "$ssl_server_name", "${host}", "${http_host}", "${server_name}")
_LOOK_AT_HOSTS = frozenset(("if", "set", "rewrite", "try_files", "error_page", "auth_request"))
_WORDS_OF_A_COMPARISON = 3
_HOST_VARIABLES = (
    "host",
    "http_host",
    "server_name",
    "ssl_server_name",
    "server_addr",
    "document_root",
    "http_referer",
)

Shape = tuple[object, ...]


class _Marks(NamedTuple):
    """What stands in a shape for a block's names (the longest first) and networks, and whether its paths count."""

    names: list[tuple[str, str]]
    networks: dict[str, str]
    paths_count: bool

    def of_names(self, args: Iterable[str]) -> Iterable[str]:
        """The words with marks for the names in them."""
        for arg in args:
            if "." in arg:  # as in every name
                for name, mark in self.names:
                    if name in arg:
                        arg = arg.replace(name, mark)
            yield arg


class Shapes:
    """Tells the shape of server blocks of one model; `None` for a block that is like no other."""

    def __init__(self, model: Model, evidence: Evidence) -> None:
        self.model = model
        self.evidence = evidence
        self._parameters = Parameters(model)
        self._networks: dict[Server, dict[str, str]] = {}
        self._ports = {socket.listen.port for socket in model.sockets}
        self._unix_paths = {socket.listen.path for socket in model.sockets}
        sources = [definition.source.variables() for definition in model.maps.values()]
        sources += [(geo.variable,) for geo in model.geos.values()]
        sources += [split.source.variables() for split in model.splits.values()]
        self._hosts_matter = "valid_referers" in model.http.own or any(
            variable.startswith(_HOST_VARIABLES) for variables in sources for variable in variables
        )

    def of(self, server: Server, doors: list[Door]) -> Shape | None:
        """What two alike blocks have in common."""
        if self._hosts_matter:
            return None
        names = plain_names(server)
        if names is None or any(door.host not in names for door in doors):
            return None
        reach = tuple((id(door.socket), door.socket.default is server, names.index(door.host)) for door in doors)
        of_names = [(name, f"\0{names.index(name)}\0") for name in sorted(names, key=len, reverse=True)]
        every = self._every(server.sequence)
        if _look_at_names(every, of_names):
            return None
        networks = self._networks[server] = self._parameters.of(every)
        marks = _Marks(of_names, networks, _look_at_paths(every))
        return (len(names), reach, self._said(server.sequence, marks))

    def translation(self, one: Server, other: Server) -> Translation:
        """From one block to another that is alike."""
        names = zip(plain_names(one) or (), plain_names(other) or (), strict=True)
        return Translation(names, self._networks[one], self._networks[other])

    def _every(self, directives: Iterable[Directive]) -> list[Directive]:
        """The directives at any depth that may decide something."""
        found: list[Directive] = []
        for directive in directives:
            if directive.name not in _LEFT_OUT:
                found.append(directive)
                if directive.block:
                    found += self._every(self._inside(directive))
        return found

    def _said(self, directives: Iterable[Directive], marks: _Marks) -> Shape:
        return tuple(self._of_directive(one, marks) for one in directives if one.name not in _LEFT_OUT)

    def _of_directive(self, directive: Directive, marks: _Marks) -> Shape:
        shape: Shape = (directive.name, *marks.of_names(self._shown(directive, marks)))
        if directive.block is None or directive.body is not None:
            return (*shape, directive.body)
        return (*shape, self._said(self._inside(directive), marks))

    def _shown(self, directive: Directive, marks: _Marks) -> Iterable[str]:
        """The words of a directive that may decide something; an empty one for a word that only has to be there."""
        name, args = directive.name, directive.args
        if name in ("allow", "deny"):
            return [marks.networks.get(arg, arg) for arg in args]
        if name == "include":
            return ()  # what it includes stands in its place, and what is not there decides nothing
        if name == "add_header":
            return args if args and args[0].lower() == "x-accel-redirect" else ()
        if name == "auth_basic_user_file":
            return map(self._of_file, args)
        if any("$" in arg for arg in args):
            return args
        if name in _PRESENCE_COUNTS or (name in _PATHS and not marks.paths_count):
            return [arg[-1:] if name == "alias" else "" for arg in args]
        if name == "proxy_pass":
            return args if self._leads_here(args) else ("",)
        if name == "return":
            return [*args[:1], *("" for _ in args[1:])] if args and args[0].isdigit() else args
        return args

    def _of_file(self, path: str) -> str:
        """A password file is told by its path where it can be read, else by why it cannot be."""
        answer = self.evidence.read(join_prefix(self.model.conf_directory, path))
        return path if isinstance(answer, bytes) else repr(answer)

    def _inside(self, block: Directive) -> list[Directive]:
        return list(self.model.configuration.expand(block.block or []))

    def _leads_here(self, args: list[str]) -> bool:
        """Whether a proxy_pass may lead to this nginx itself: to a port or path that it listens on."""
        from audit403.nginx.decide.proxy_url import proxy_url, split_authority

        url = proxy_url(args[0]) if args else None
        if url is None:
            return True
        upstream = self.model.upstream(url.host)
        if url.unix or upstream is None:
            return url.unix in self._unix_paths if url.unix else url.port in self._ports
        for line in self._inside(upstream):
            address = line.args[0] if line.name == "server" and line.args else "unix:"
            if address.startswith("unix:"):
                if address == "unix:" or address[5:] in self._unix_paths:
                    return True
                continue
            port = split_authority(address)[1]
            if int(port) in self._ports if port is not None and port.isdigit() else 80 in self._ports:
                return True
        return False


def _look_at_names(directives: Iterable[Directive], of_names: list[tuple[str, str]]) -> bool:
    """Whether a pattern or a comparison may tell the names of two alike blocks apart."""
    for directive in directives:
        args = directive.args
        if directive.name == "valid_referers" and any(arg.startswith("~") for arg in args):
            return True
        if directive.name in _LOOK_AT_HOSTS and _speak_of(_ABOUT_HOSTS, args):
            is_comparison = directive.name == "if" and len(args) == _WORDS_OF_A_COMPARISON and args[1] in ("=", "!=")
            if not is_comparison or not any(name in args[2] for name, _ in of_names):
                return True
    return False


def _look_at_paths(directives: Iterable[Directive]) -> bool:
    return any(one.name in _LOOK_AT_PATHS and _speak_of(_ABOUT_PATHS, one.args) for one in directives)


def _speak_of(variables: tuple[str, ...], args: list[str]) -> bool:
    return any(variable in arg for arg in args if "$" in arg for variable in variables)


def plain_names(server: Server) -> list[str] | None:
    """The names of a block where all of them are plain and none so short that it may stand anywhere."""
    names = [name.text for name in server.names if name.text is not None]
    if len(names) != len(server.names) or len(set(names)) != len(names):
        return None
    if any(len(name) < _SHORTEST_NAME or "." not in name or "*" in name or name[0] == "." for name in names):
        return None
    return names
