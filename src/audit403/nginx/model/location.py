"""One location and the search trees of a server: exact, prefix, regex, nested and named.

Truth: ngx_http_core_location and ngx_http_init_static_location_trees in src/http/ngx_http_core_module.c.
"""

from collections.abc import Iterator

from audit403.http.regex import InvalidRegex, Regex, compile_regex
from audit403.nginx.model.context import CONTENT_PASS, LOCATION, Context
from audit403.nginx.model.rewrite_code import Instruction
from audit403.nginx.read.tree import Directive


class LocationTree:
    """The locations directly inside one server or location."""

    __slots__ = ("_lengths", "exact", "named", "prefixes", "regexes", "slashed")

    def __init__(self) -> None:
        self.exact: dict[str, Location] = {}
        self.prefixes: dict[str, Location] = {}
        self.regexes: list[Location] = []
        self.named: dict[str, Location] = {}
        self.slashed: dict[str, Location] = {}
        self._lengths: tuple[int, ...] | None = None

    def add(self, location: "Location") -> None:
        """Put one location in; of two with the same name the first stays, as nginx refuses the second."""
        self._lengths = None
        if location.named:
            self.named.setdefault(location.name, location)
        elif location.regex is not None:
            self.regexes.append(location)
        elif location.exact:
            self.exact.setdefault(location.name, location)
        elif not location.broken:
            self.prefixes.setdefault(location.name, location)
        if location.redirects_to_slash():
            self.slashed.setdefault(location.name[:-1], location)

    def longest_prefix(self, uri: str) -> "Location | None":
        """The prefix location with the longest name that `uri` begins with."""
        if self._lengths is None:
            self._lengths = tuple(sorted({len(name) for name in self.prefixes}, reverse=True))
        for length in self._lengths:
            found = self.prefixes.get(uri[:length])
            if found is not None and len(uri) >= length:
                return found
        return None

    def all(self) -> "list[Location]":
        """Every location of this tree, without those nested deeper."""
        return [*self.exact.values(), *self.prefixes.values(), *self.regexes, *self.named.values()]


class Location(Context):
    """One location block; `modifier` is one of `=`, `^~`, `~`, `~*`, `@` and empty."""

    __slots__ = (
        "_label",
        "broken",
        "code",
        "exact",
        "limit_except",
        "modifier",
        "name",
        "named",
        "no_regex",
        "permitted_methods",
        "problem",
        "regex",
        "tree",
    )

    def __init__(self, directive: Directive, parent: Context) -> None:
        super().__init__(LOCATION, directive, parent)
        self.modifier, self.name = location_name(directive.args)
        self._label = "location " + " ".join(directive.args)
        self.exact = self.modifier == "="
        self.no_regex = self.modifier == "^~"
        self.named = self.modifier == "@"
        self.tree = LocationTree()
        self.code: tuple[Instruction, ...] = ()
        self.limit_except: Context | None = None
        self.permitted_methods: frozenset[str] = frozenset()
        self.regex: Regex | None = None
        self.broken = False
        self.problem: str | None = None
        if self.modifier in ("~", "~*"):
            try:
                self.regex = compile_regex(self.name, self.modifier == "~*")
            except InvalidRegex as error:
                self.broken, self.problem = True, str(error)

    def redirects_to_slash(self) -> bool:
        """Whether a request for the name without its last slash is answered 301 (a `*_pass` stands in here)."""
        is_static = self.regex is None and not self.named and not self.broken
        return is_static and self.name.endswith("/") and any(name in self.own for name in CONTENT_PASS)

    def label(self) -> str:
        """The location as written: `location ^~ /x`."""
        return self._label


def every_location(tree: LocationTree) -> Iterator[Location]:
    """Every location of a server block or location, at any depth, each before those in it."""
    for location in tree.all():
        yield location
        yield from every_location(location.tree)


def location_name(arguments: list[str]) -> tuple[str, str]:
    """Modifier and name of `location ARGUMENTS`: the modifier may be glued to the name."""
    if len(arguments) >= 2:
        return arguments[0], arguments[1]
    name = arguments[0] if arguments else ""
    if name.startswith("="):
        return "=", name[1:]
    if name.startswith("^~"):
        return "^~", name[2:]
    if name.startswith("~*"):
        return "~*", name[2:]
    if name.startswith("~"):
        return "~", name[1:]
    return ("@", name) if name.startswith("@") else ("", name)
