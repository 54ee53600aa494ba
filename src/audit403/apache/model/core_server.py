"""What the core is told for a whole server: its names, where its documents are, how it reads requests.

Truth: merge_core_server_configs and the commands of server/core.c.
"""

import re

from audit403.apache.fnmatch import is_pattern
from audit403.apache.model.builder import Builder, Handler, choice, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.core_config import CORE, NOTHING
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple


class CoreServer(NamedTuple):
    """The core's settings of a server; None is unset."""

    document_root: str | None = None
    document_root_directive: Directive | None = None
    access_names: tuple[str, ...] | None = None
    merge_slashes: bool | None = None
    trace: str | None = None
    unsafe: bool | None = None
    registered_methods: bool | None = None
    redirect_limit: int | None = None
    subrequest_limit: int | None = None
    strict_host_check: bool | None = None
    admin: str | None = None

    def merged(self, new: "CoreServer") -> "CoreServer":
        """The main server's with a virtual host's laid over it."""
        return overlaid(self, new)


NO_CORE = CoreServer()
"""What a server is told that says nothing to the core."""


def core_server(builder: Builder) -> CoreServer:
    """What the core was told so far for the server."""
    found: CoreServer = builder.server_slot(CORE, NO_CORE)
    return found


def _set(builder: Builder, **changed: object) -> None:
    builder.set_server_slot(CORE, core_server(builder)._replace(**changed))  # type: ignore[arg-type]


def _document_root(builder: Builder, directive: Directive) -> None:
    root = only_word(directive)
    if builder.server is not None:
        root = builder.server.rooted(root)
    _set(builder, document_root=root, document_root_directive=directive)


def _access_file_name(builder: Builder, directive: Directive) -> None:
    _set(builder, access_names=tuple(directive.args))


def _merge_slashes(builder: Builder, directive: Directive) -> None:
    _set(builder, merge_slashes=flag(directive))


def _trace_enable(builder: Builder, directive: Directive) -> None:
    _set(builder, trace=choice(directive, "on", "off", "extended"))


def _strict_host_check(builder: Builder, directive: Directive) -> None:
    _set(builder, strict_host_check=flag(directive))


def _http_protocol_options(builder: Builder, directive: Directive) -> None:
    for word in directive.args:
        low = word.lower()
        server = builder.server
        if low in ("strict", "unsafe"):
            if server is not None and server.core.unsafe not in (None, low == "unsafe"):
                raise ConfigError("HttpProtocolOptions 'Strict' and 'Unsafe' are mutually exclusive")
            _set(builder, unsafe=low == "unsafe")
        elif low in ("registeredmethods", "lenientmethods"):
            registered = low == "registeredmethods"
            if server is not None and server.core.registered_methods not in (None, registered):
                words = "HttpProtocolOptions 'RegisteredMethods' and 'LenientMethods' are mutually exclusive"
                raise ConfigError(words)
            _set(builder, registered_methods=registered)
        elif low not in ("allow0.9", "require1.0"):
            raise ConfigError("HttpProtocolOptions accepts 'Unsafe' or 'Strict' (default), …")


def _internal_recursion(builder: Builder, directive: Directive) -> None:
    numbers = [int(word) if word.isascii() and word.isdigit() else 0 for word in directive.args]
    if not 1 <= len(numbers) <= 2 or not all(numbers):
        raise ConfigError("The recursion limit must be greater than zero.")
    _set(builder, redirect_limit=numbers[0], subrequest_limit=numbers[-1])


def _server_name(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    if is_pattern(word):
        raise ConfigError(f'Invalid ServerName "{word}" use ServerAlias to set multiple server names.')
    if builder.server is None:
        return
    scheme, separator, rest = word.partition("://")
    host, colon, port = (rest if separator else word).partition(":")
    number = int(port) if port.isascii() and port.isdigit() else 0
    if colon and not 0 < number < 65536:
        raise ConfigError(f'The port number "{word}" is outside the appropriate range (i.e., 1..65535).')
    builder.server.name = host
    builder.server.scheme = scheme.lower() if separator else None
    builder.server.name_directive = directive
    builder.server.port = number


def _server_admin(builder: Builder, directive: Directive) -> None:
    _set(builder, admin=only_word(directive))


def _server_alias(builder: Builder, directive: Directive) -> None:
    if builder.server is None or not builder.server.is_virtual:
        raise ConfigError("ServerAlias only used in <VirtualHost>")
    for word in directive.args:
        if "*" in word or "?" in word:
            builder.server.wild_aliases.append(word)
        else:
            builder.server.aliases.append(word)


def _server_path(builder: Builder, directive: Directive) -> None:
    if builder.server is not None:
        builder.server.server_path = only_word(directive)


def _limit(field: str) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        word = only_word(directive)
        number = re.match(r"\s*[+-]?\d+", word)
        value = 0 if number is None else int(number[0])
        if value < 0:
            raise ConfigError(f'{directive.written} "{word}" must be a non-negative integer')
        if builder.server is not None:
            builder.server.limits = builder.server.limits._replace(**{field: value})

    return handler


def _core(handler: Handler) -> Handler:
    """Any directive of the core, wherever it stands, gives that level core settings of its own for directories too."""

    def handle(builder: Builder, directive: Directive) -> None:
        handler(builder, directive)
        builder.slots.setdefault(CORE, NOTHING)

    return handle


_HANDLERS: dict[str, Handler] = {
    "documentroot": _document_root,
    "accessfilename": _access_file_name,
    "mergeslashes": _merge_slashes,
    "traceenable": _trace_enable,
    "stricthostcheck": _strict_host_check,
    "httpprotocoloptions": _http_protocol_options,
    "limitinternalrecursion": _internal_recursion,
    "servername": _server_name,
    "serveradmin": _server_admin,
    "serveralias": _server_alias,
    "limitrequestline": _limit("line"),
    "limitrequestfieldsize": _limit("field_size"),
    "limitrequestfields": _limit("fields"),
    "serverpath": _server_path,
}


def _error(builder: Builder, directive: Directive) -> None:
    """Error is a fault wherever httpd comes by it."""
    raise ConfigError(" ".join(directive.args) or "The Error directive was used with no message.")


DIRECTIVES: dict[str, Handler] = {
    **{name: _core(handler) for name, handler in _HANDLERS.items()},
    "error": _error,
}
