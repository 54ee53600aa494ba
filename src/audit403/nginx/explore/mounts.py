"""Which directories lie behind which part of a server block's URLs."""

from collections.abc import Iterator

from audit403.core.family import NotAudited
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided
from audit403.explore.regex_witness import candidates
from audit403.http.regex import Regex
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import Root, join_prefix
from audit403.nginx.decide.variables.lookup import expand_known
from audit403.nginx.explore.doors import Door, visit
from audit403.nginx.model.location import Location, every_location
from audit403.nginx.model.rewrite_code import Set
from audit403.nginx.model.server import Server
from audit403.nginx.model.template import CAPTURE, TEXT, Template
from audit403.nginx.read.tree import Directive


class Mount(NamedTuple):
    """A part of the URL space and the directory behind it; `pattern` makes the URL where a capture is the path.

    `written` is the root or alias that says so: where a location has another, its URLs lead elsewhere.
    """

    url: str
    directory: str
    pattern: Regex | None = None
    capture: int = 0
    written: Directive | None = None

    def uri_of(self, below: str) -> str | None:
        """The URI of what lies at a path below the directory."""
        if self.pattern is None:
            return self.url + below
        for text in candidates(self.pattern.pattern, {self.capture: below}):
            found = self.pattern.search(text) if text.startswith("/") else None
            if found is not None and found.groups[self.capture] == below:
                return text
        return None

    def file_uri(self, below: str) -> str | None:
        """The URI of a file below the directory, with the slash that may be missing between them."""
        if self.pattern is not None:
            return self.uri_of(below)
        return (self.url if self.url.endswith("/") else self.url + "/") + below


def mounts(evaluator: Evaluator, server: Server, door: Door, missed: list[NotAudited]) -> list[Mount]:
    """Where the server block's URLs lie on disk, for an ordinary visitor by one of its names."""
    found: dict[Mount, None] = {}
    finder = _Finder(evaluator, server, door)
    for owner, url in _places(server):
        root = evaluator.root(owner)
        if root.directive is None:
            continue
        for mount in finder.of(owner, root, url):
            found[mount] = None
    if finder.unknown:
        missed.append(
            NotAudited(server.first_name(), f"files below {finder.unknown[0]}: it cannot be told where that is")
        )
    return list(found)


class _Finder:
    def __init__(self, evaluator: Evaluator, server: Server, door: Door) -> None:
        self.evaluator = evaluator
        self.unknown: list[str] = []
        self._exchange = Exchange(evaluator, visit(door, "/"), door.socket, server)
        self._exchange.host = door.host.partition(":")[0]
        for instruction in server.code:
            if isinstance(instruction, Set) and instruction.value.literal is not None:
                self._exchange.variables[instruction.name] = instruction.value.literal
        for name in server.names:
            captured = name.regex.search(self._exchange.host) if name.regex is not None else None
            if captured is not None:
                self._exchange.captures = captured
                self._exchange.variables.update(captured.named)
                break

    def of(self, owner: Server | Location, root: Root, url: str) -> Iterator[Mount]:
        """The mount of one root or alias."""
        regex = owner.regex if isinstance(owner, Location) else None
        if regex is not None and root.is_alias:
            split = _before_capture(root.template)
            if split is not None:
                yield Mount("/", split[0], regex, split[1], root.directive)
            return
        path = root.template.literal
        if path is None and not any(part.kind == CAPTURE for part in root.template.parts):
            path = self._expanded(root.template)
        if path is None:
            self.unknown.append(root.template.source)
            return
        if root.is_alias:
            yield Mount(url, path, written=root.directive)
        else:
            yield Mount(url, path.rstrip("/") + url, written=root.directive)

    def _expanded(self, template: Template) -> str | None:
        try:
            path = expand_known(self._exchange, template)
        except Undecided:
            return None
        return join_prefix(self.evaluator.model.prefix, path)


def _places(server: Server) -> Iterator[tuple[Server | Location, str]]:
    """The server block, and every location that has a root of its own, with the URL that it begins with."""
    yield server, "/"
    for location in every_location(server.tree):
        if location.named or not ({"root", "alias"} & location.own.keys()):
            continue
        if location.regex is not None:
            yield location, "/"
        elif location.name.startswith("/"):
            yield location, location.name


def _before_capture(template: Template) -> tuple[str, int] | None:
    """The folder in `/folder/$1` and the capture's number; None where the path is made in another way."""
    parts = template.parts
    if len(parts) == 2 and parts[0].kind == TEXT and parts[1].kind == CAPTURE and parts[0].value.endswith("/"):
        return parts[0].value, int(parts[1].value)
    return None
