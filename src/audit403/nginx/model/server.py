"""One server block: its names, its locations and its rewrite code.

Truth: ngx_http_core_server and ngx_http_core_server_name in src/http/ngx_http_core_module.c.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import InvalidRegex, Regex, compile_regex
from audit403.nginx.ascii import lower
from audit403.nginx.model.context import SERVER, Context
from audit403.nginx.model.location import LocationTree
from audit403.nginx.model.rewrite_code import Instruction
from audit403.nginx.read.tree import Directive

ASSUMED_HOSTNAME = "hostname.example"
"""Stands for `$hostname` where the machine's name is not known, so that its server is asked too."""


class ServerName(NamedTuple):
    """One name: plain text with its wildcards, or a regex; `source` as written."""

    source: str
    text: str | None
    regex: Regex | None
    directive: Directive | None


class Server(Context):
    """One server block."""

    __slots__ = ("code", "names", "tree")

    def __init__(self, directive: Directive, parent: Context) -> None:
        super().__init__(SERVER, directive, parent)
        self.server = self
        self.tree = LocationTree()
        self.code: tuple[Instruction, ...] = ()
        self.names: tuple[ServerName, ...] = ()

    def captures_names(self) -> bool:
        """Whether nginx looks a name up where this is the only server: the last regex among its names captures."""
        regexes = [name.regex for name in self.names if name.regex is not None]
        return bool(regexes) and regexes[-1].group_count > 0

    def first_name(self) -> str:
        """The first name, which the error log and `$server_name` show; a leading dot is dropped."""
        if not self.names:
            return ""
        name = self.names[0]
        shown = name.source if name.text is None else name.text
        return shown[1:] if shown.startswith(".") else shown


def server_names(directives: list[Directive], hostname: str | None) -> tuple[ServerName, ...]:
    """The names of one server block; none at all means the empty name."""
    names: list[ServerName] = []
    for directive in directives:
        names += [_server_name(text, directive, hostname) for text in directive.args]
    return tuple(names) or (ServerName("", "", None, None),)


def _server_name(text: str, directive: Directive, hostname: str | None) -> ServerName:
    if text.startswith("~"):
        caseless = any("A" <= character <= "Z" for character in text)
        try:
            return ServerName(text, None, compile_regex(text[1:], caseless), directive)
        except InvalidRegex:
            return ServerName(text, None, None, directive)
    if lower(text) == "$hostname":
        own = ASSUMED_HOSTNAME if hostname is None else lower(hostname)
        return ServerName(own, own, None, directive)
    return ServerName(text, lower(text), None, directive)
