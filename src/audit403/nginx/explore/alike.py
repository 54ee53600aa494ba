"""Server blocks that are equal but for their names and for paths that decide nothing: one of them is explored.

Two blocks are alike when they listen on the same sockets and say the same in the same order, their own names aside and
aside from what has no say in access: where files lie (while nothing is claimed about files), logs, certificates, and
the address of a program that answers for itself. The refusals of the one are asked of the other; each must be refused
there for the same cause, or the other is explored like any block.
"""

from collections.abc import Iterable

from audit403.core.request import Request
from audit403.nginx.explore.doors import Door
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive

_SHORTEST_NAME = 4
_HAVE_NO_SAY = frozenset(
    (
        *("access_log", "error_log", "ssl_certificate", "ssl_certificate_key", "ssl_trusted_certificate"),
        *("fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"),
    )
)
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
_NAMED_ONCE = frozenset(("include", "auth_basic_user_file"))

Shape = tuple[object, ...]


class Shapes:
    """Tells the shape of server blocks of one model; `None` for a block that is like no other."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._ports = {str(socket.listen.port) for socket in model.sockets}
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
        marks = [(name, f"\0{names.index(name)}\0") for name in sorted(names, key=len, reverse=True)]
        if _look_at_names(server.sequence, marks):
            return None
        paths_matter = _look_at_paths(server.sequence)
        said = tuple(
            self._said(directive, marks, paths_matter)
            for directive in server.sequence
            if directive.name not in ("server_name", "listen")
        )
        return (len(names), reach, said)

    def _said(self, directive: Directive, marks: list[tuple[str, str]], paths_matter: bool) -> Shape:
        name, args = directive.name, directive.args
        shown: tuple[str, ...]
        if name in _HAVE_NO_SAY or (name in _PATHS and not paths_matter):
            shown = tuple("$" if "$" in arg else arg[-1:] if name == "alias" else "" for arg in args)
            if "$" in shown:
                shown = tuple(_marked(args, marks))
        elif name == "proxy_pass":
            shown = tuple(_marked(args, marks)) if self._leads_here(args) else ("",)
        elif name in _NAMED_ONCE:
            shown = tuple(args)
        else:
            shown = tuple(_marked(args, marks))
        if directive.block is None:
            return (name, shown, directive.body) if directive.body else (name, shown)
        return (name, shown, tuple(self._said(inner, marks, paths_matter) for inner in directive.block))

    def _leads_here(self, args: list[str]) -> bool:
        """Whether the address may be one of this nginx's own: a port that it listens on, or none that is written."""
        address = args[0].partition("://")[2].partition("/")[0] if args else ""
        port = address.rpartition(":")[2]
        if "$" in address or address.startswith("unix:") or not port.isdigit():
            return True
        return port in self._ports


def plain_names(server: Server) -> list[str] | None:
    """The names of a block where all of them are plain and none so short that it may stand anywhere."""
    names = [name.text for name in server.names if name.text is not None]
    if len(names) != len(server.names) or len(set(names)) != len(names):
        return None
    if any(len(name) < _SHORTEST_NAME or "." not in name or "*" in name or name[0] == "." for name in names):
        return None
    return names


class Translation:
    """The names of one block for those of another."""

    def __init__(self, one: Server, other: Server) -> None:
        pairs = zip(plain_names(one) or (), plain_names(other) or (), strict=True)
        self._pairs = sorted(pairs, key=lambda pair: -len(pair[0]))

    def text(self, text: str) -> str:
        """A text that speaks of the one block, as it would speak of the other."""
        for index, (old, _) in enumerate(self._pairs):
            if old in text:
                text = text.replace(old, f"\0{index}\0")
        if "\0" in text:
            for index, (_, new) in enumerate(self._pairs):
                text = text.replace(f"\0{index}\0", new)
        return text

    def request(self, request: Request) -> Request:
        """A request to the one block, as it would be sent to the other."""
        tls = request.tls
        return request._replace(
            host=None if request.host is None else self.text(request.host),
            target=self.text(request.target),
            headers=tuple((name, self.text(value)) for name, value in request.headers),
            tls=None if tls is None else tls._replace(sni=None if tls.sni is None else self.text(tls.sni)),
        )


def _marked(args: Iterable[str], marks: list[tuple[str, str]]) -> Iterable[str]:
    for arg in args:
        for name, mark in marks:
            if name in arg:
                arg = arg.replace(name, mark)
        yield arg


def _look_at_names(directives: Iterable[Directive], marks: list[tuple[str, str]]) -> bool:
    """Whether a pattern or a comparison may tell the names of two alike blocks apart."""
    for directive in directives:
        args = directive.args
        if directive.name == "valid_referers" and any(arg.startswith("~") for arg in args):
            return True
        if directive.name in _LOOK_AT_HOSTS and any(word in arg for arg in args for word in _ABOUT_HOSTS):
            is_comparison = directive.name == "if" and len(args) == _WORDS_OF_A_COMPARISON and args[1] in ("=", "!=")
            if not is_comparison or not any(name in args[2] for name, _ in marks):
                return True
        if directive.block and _look_at_names(directive.block, marks):
            return True
    return False


def _look_at_paths(directives: Iterable[Directive]) -> bool:
    for directive in directives:
        if directive.name in _LOOK_AT_PATHS and any(word in arg for arg in directive.args for word in _ABOUT_PATHS):
            return True
        if directive.block and _look_at_paths(directive.block):
            return True
    return False
