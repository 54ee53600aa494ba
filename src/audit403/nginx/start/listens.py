"""`listen` and `server_name`: addresses, their parameters, and who shares a socket.

Truth: ngx_http_core_listen and ngx_http_core_server_name in src/http/ngx_http_core_module.c; ngx_http_add_listen and
ngx_http_server_names in src/http/ngx_http.c; ngx_http_ssl_init.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address
from audit403.nginx.model.hostnames import is_invalid
from audit403.nginx.model.numbers import parse_number, parse_size, parse_time
from audit403.nginx.model.url import InvalidUrl, Url, is_no_host, parse_url
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import Level

#: How a name begins that is more than a plain one.
_MARKS = ("*", ".", "~")
_MOST_PORTS = 1024
_SURELY_FITS = 46  # bytes, in the smallest bucket of the table of names
_NUMBERS = ("backlog", "fastopen", "setfib")
_SIZES = ("rcvbuf", "sndbuf")
_SET = frozenset(("bind", "deferred", "reuseport", "multipath"))
_PLAIN = frozenset(("default_server", "default", "ssl", "http2", "quic", "proxy_protocol", "udp"))
_ANYWHERE = Url(IPV4, "*", Address(IPV4, 0), 80, 80, False, "")


class Shared:
    """One address and port with the servers behind it."""

    __slots__ = ("default", "explicit", "options", "servers", "text", "tls")

    def __init__(self, text: str, server: Level) -> None:
        self.text = text
        self.servers: dict[Level, Directive | None] = {}
        self.default = server
        self.explicit = False
        self.options = False
        self.tls = False


class Parameters(NamedTuple):
    """The places of the parameters that concern the others on the socket; -1 where they are not written."""

    default: int
    options: int
    tls: bool
    quic: bool


def listen(start: Start, level: Level, directive: Directive) -> None:
    """`listen` of http."""
    level.note("listen", directive)
    key = tuple(directive.args)
    known = start.listens.get(key)
    if known is None:
        url = _address(start, directive)
        parameters = _parameters(start, directive)
        if url is None or parameters is None:
            return
        known = start.listens[key] = (url, parameters)
    _share(start, level, directive, *known)


def implied_listen(start: Start, level: Level) -> None:
    """What a server without `listen` gets."""
    _share(start, level, None, _ANYWHERE, Parameters(-1, -1, False, False))


def server_name(start: Start, level: Level, directive: Directive) -> None:
    """`server_name`."""
    level.note("server_name", directive)
    for word, name in enumerate(directive.args):
        if len(name) > _SURELY_FITS or ".." in name or "*" in name[1:]:
            level.note("odd server_name", directive)
        if name[:1] not in _MARKS:
            continue
        if (name.startswith("*") and (len(name) < 3 or name[1] != ".")) or name == ".":
            start.refuse(directive, f'server name "{name}" is invalid', word, dropped=False)
        elif name == "~":
            start.refuse(directive, f'empty regex in server name "{name}"', word, dropped=False)
        elif name.startswith("~"):
            caseless = any("A" <= letter <= "Z" for letter in name)
            level.noted.pop("captures", None)
            regex = start.regex(directive, word, name[1:], caseless, dropped=False)
            if regex is not None and regex.group_count:
                level.note("captures", directive)


def check_listen(start: Start, directive: Directive) -> None:
    """A `listen` whose socket concerns nobody else."""
    _address(start, directive)
    _parameters(start, directive, 'the invalid "{}" parameter')


def _address(start: Start, directive: Directive) -> Url | None:
    text = directive.args[0]
    try:
        url = parse_url(text, 80, listen=True)
    except InvalidUrl as error:
        start.refuse(directive, f'{error} in "{text}" of the "listen" directive', 0, dropped=False)
        return None
    if url.address is None and is_no_host(url.host):
        start.refuse(directive, f'host not found in "{text}" of the "listen" directive', 0, dropped=False)
        return None
    return url


def _parameters(start: Start, directive: Directive, invalid: str = 'invalid parameter "{}"') -> Parameters | None:
    default, options, tls, quic = -1, -1, False, False
    for place, word in enumerate(directive.args[1:], 1):
        key, equals, value = word.partition("=")
        said = ""
        if word in _PLAIN:
            default = place if word.startswith("default") else default
            tls, quic = tls or word == "ssl", quic or word == "quic"
            continue
        if word not in _SET:
            said = _said(word, key, value) if equals else "-"
        if said:
            start.refuse(directive, invalid.format(word) if said == "-" else said, place, dropped=False)
            return None
        options = place if options < 0 else options
    return Parameters(default, options, tls, quic)


def _said(word: str, key: str, value: str) -> str:
    """What is wrong with a parameter that has a value; `-` where there is none by that name."""
    if key in _NUMBERS:
        number = parse_number(value)
        return f'invalid {key} "{word}"' if number is None or (key == "backlog" and number == 0) else ""
    if key in _SIZES:
        return "" if parse_size(value) is not None else f'invalid {key} "{word}"'
    if key == "ipv6only" and value.startswith("o"):
        return "" if value in ("on", "off") else f'invalid ipv6only flags "{value}"'
    if key == "so_keepalive":
        return "" if _is_keepalive(value) else f'invalid so_keepalive value: "{value}"'
    return "" if key == "accept_filter" else "-"


def _is_keepalive(value: str) -> bool:
    if value in ("on", "off"):
        return True
    idle, _, rest = value.partition(":")
    interval, _, count = rest.partition(":")
    times = [parse_time(text, seconds=True) if text else 0 for text in (idle, interval)]
    number = parse_number(count) if count else 0
    return None not in times and number is not None and any((*times, number))


def _share(start: Start, level: Level, directive: Directive | None, url: Url, parameters: Parameters) -> None:
    """Put the server behind each socket of the directive."""
    if url.address is None or url.last_port - url.port > _MOST_PORTS:
        return  # a name, which may be any address; or more ports than anybody means
    if not start.space.sockets:
        start.at_end.append(lambda: _check_sockets(start))
    for port in range(url.port, url.last_port + 1):
        key = (url.family, url.address.number, port, url.host if url.family == UNIX else "", parameters.quic)
        socket = start.space.sockets.get(key)
        if socket is None:
            socket = start.space.sockets[key] = Shared(_text(url, port), level)
        elif level in socket.servers and directive is not None:
            start.refuse(directive, f"a duplicate listen {socket.text}", 0, dropped=False)
            return
        elif parameters.options >= 0 and socket.options and directive is not None:
            start.refuse(directive, f"duplicate listen options for {socket.text}", parameters.options, dropped=False)
            return
        elif parameters.default >= 0 and socket.explicit and directive is not None:
            start.refuse(directive, f"a duplicate default server for {socket.text}", parameters.default, dropped=False)
            return
        socket.servers[level] = directive
        socket.options = socket.options or parameters.options >= 0
        socket.tls = socket.tls or parameters.tls or parameters.quic
        if parameters.default >= 0:
            socket.default, socket.explicit = level, True


def _text(url: Url, port: int) -> str:
    if url.address is None or url.family == UNIX:
        return f"unix:{url.host}"
    if url.family == IPV6:
        return f"[{url.address.text()}]:{port}"
    return f"{url.address.text()}:{port}"


def _check_sockets(start: Start) -> None:
    """What shows only when all servers are known."""
    said: set[Level] = set()
    for socket in start.space.sockets.values():
        if len(socket.servers) > 1 or "captures" in socket.default.noted:
            _check_names(start, socket)
            _check_table(start, socket)
        if socket.tls and start.complete:
            level = _without_certificate(socket)
            if level is not None and level not in said and level.directive is not None:
                said.add(level)
                message = 'no "ssl_certificate" is defined for the "listen ... ssl" directive'
                start.refuse(level.directive, message, dropped=False)


def _check_names(start: Start, socket: Shared) -> None:
    for server in socket.servers:
        for directive in server.noted.get("odd server_name", ()):
            for word, name in enumerate(directive.args):
                if ("*" in name or ".." in name) and not name.startswith("~") and is_invalid(name):
                    message = f'invalid server name or wildcard "{name.lower()}" on {socket.text}'
                    start.refuse(directive, message, word, dropped=False)


def _check_table(start: Start, socket: Shared) -> None:
    """Whether the plain names fit the table that they are looked up in."""
    entries: list[tuple[str, Directive, int]] = []
    for server in socket.servers:
        for directive in server.noted.get("odd server_name", ()):
            for word, name in enumerate(directive.args):
                if len(name) > _SURELY_FITS and "*" not in name and not name.startswith((".", "~")):
                    entries.append((name, directive, word))
    sizes = ("server_names_hash_bucket_size", "server_names_hash_max_size")
    if entries or any(socket.default.find(name) for name in sizes):
        from audit403.nginx.start.hashes import check_hash

        check_hash(start, socket.default, "server_names_hash", entries)


def _without_certificate(socket: Shared) -> Level | None:
    if socket.default.find_noted("ssl_certificate"):
        return None
    if not _rejects_handshake(socket.default):
        return socket.default
    for server in socket.servers:
        if not server.find_noted("ssl_certificate") and not _rejects_handshake(server):
            return server
    return None


def _rejects_handshake(server: Level) -> bool:
    directive = server.find("ssl_reject_handshake")
    return directive is not None and directive.args[0].lower() == "on"
