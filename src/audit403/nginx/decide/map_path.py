"""From `$uri` to a file name: root and alias, with variables and captures.

Truth: ngx_http_map_uri_to_path and ngx_http_core_root in src/http/ngx_http_core_module.c.
"""

from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided, Unknown
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.template import Template, compile_template
from audit403.nginx.read.tree import Directive


class Root(NamedTuple):
    """The effective root or alias: `alias` is how many bytes of the URI it replaces; None in a regex location, all."""

    directive: Directive | None
    template: Template
    alias: int | None
    is_alias: bool


class Mapped(NamedTuple):
    """A file name; `root` is how much of it came from root or alias."""

    path: str
    root: int


def root_of(context: Context, prefix: str) -> Root:
    """The effective root or alias of a context; without either it is `html` under the prefix."""
    level: Context | None = context
    while level is not None:
        for directive in level.sequence:
            if directive.name in ("root", "alias") and directive.args:
                return _compile(directive, level, prefix)
        level = level.parent
    return Root(None, compile_template(join_prefix(prefix, "html")), 0, False)


def join_prefix(prefix: str, path: str) -> str:
    """A path as nginx completes it: relative to the prefix."""
    return path if path.startswith("/") else prefix.rstrip("/") + "/" + path


def map_uri_to_path(exchange: Exchange, uri: str | None = None) -> Mapped | None:
    """The file name for the URI, or None where nginx answers 500 (alias after `rewrite … break`).

    Raises Undecided when a variable in the path is not known.
    """
    root = exchange.evaluator.root(exchange.context)
    uri = exchange.uri if uri is None else uri
    if root.is_alias and not exchange.valid_location:
        return None
    base = _base(exchange, root)
    if root.alias is None:
        return Mapped(base + (uri if exchange.add_uri_to_alias else ""), len(base))
    return Mapped(base + cut(uri, root.alias)[1], len(base))


def cut(text: str, count: int) -> tuple[str, str]:
    """The first `count` bytes of a text, and the rest."""
    if text.isascii():
        return text[:count], text[count:]
    data = text.encode("utf-8", "surrogateescape")
    return data[:count].decode("utf-8", "surrogateescape"), data[count:].decode("utf-8", "surrogateescape")


def byte_length(text: str) -> int:
    """How many bytes a text has."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def without_last_byte(path: str) -> str:
    """The path as nginx has it after it wrote a NUL where it expects the slash at its end."""
    return path[:-1] if path.endswith("/") else cut(path, byte_length(path) - 1)[0]


def wants_directory(exchange: Exchange) -> bool:
    """Whether the URI ends in a slash; of an empty one nginx looks at the byte that stands before it."""
    if not exchange.uri and not exchange.before_uri:
        raise Undecided(Missing(REASON_UNDOCUMENTED, "what stands before an empty URI"))
    return (exchange.uri or exchange.before_uri).endswith("/")


class PathBuffer:
    """Where `index` and `try_files` put their candidates: the URI is mapped again only when there is too little room.

    It matters because mapping forgets the variables that are never kept, and `index` looks at what is left of them.
    """

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._room = -1
        self._mapped: Mapped | None = None

    def mapped(self, exchange: Exchange, room: int) -> Mapped | None:
        """The file name for the URI, with so many bytes of room behind it."""
        if room > self._room:
            self._room = room + self._ahead
            self._mapped = map_uri_to_path(exchange)
        return self._mapped


def document_root(exchange: Exchange) -> str | Unknown:
    """`$document_root`: the root or alias itself."""
    root = exchange.evaluator.root(exchange.context)
    try:
        return _base(exchange, root)
    except Undecided as error:
        return Unknown(error.missing)


def _base(exchange: Exchange, root: Root) -> str:
    if root.template.literal is None or (root.is_alias and root.alias is None):
        # ngx_http_script_run forgets every variable that is never kept.
        exchange.left_over.clear()
    if root.template.literal is not None:
        return root.template.literal
    from audit403.nginx.decide.variables.lookup import expand_known

    path = expand_known(exchange, root.template)
    if not path:
        # nginx looks for a slash in memory that nobody has written to yet.
        raise Undecided(Missing(REASON_UNDOCUMENTED, f"{root.template.source}, where it is empty"))
    return join_prefix(exchange.evaluator.model.prefix, path)


def _compile(directive: Directive, level: Context, prefix: str) -> Root:
    path = directive.args[0]
    is_alias = directive.name == "alias"
    if not is_alias and path.endswith("/"):
        path = path[:-1]
    # `root /` is the root of the file system, `root ""` the prefix.
    if not directive.args[0].startswith(("$", "/")):
        path = join_prefix(prefix, path)
    template = compile_template(path)
    if not is_alias:
        return Root(directive, template, 0, False)
    if isinstance(level, Location) and level.regex is not None:
        return Root(directive, template, None, True)
    # In `location ""` it replaces nothing, and nginx takes it for a root.
    length = len(level.name.encode("utf-8", "surrogateescape")) if isinstance(level, Location) else 0
    return Root(directive, template, length, length > 0)
