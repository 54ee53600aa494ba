"""Listening sockets and the server blocks behind each: who takes a connection, and which name chooses which server.

Truth: ngx_http_core_listen, ngx_http_add_listen and ngx_http_optimize_servers in src/http.
"""

from typing import NamedTuple

from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address, parse_address
from audit403.nginx.model.hostnames import HostnameTable
from audit403.nginx.model.regex import Regex
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive


class Listen(NamedTuple):
    """One `listen` directive as nginx takes it; `address` None is the wildcard, `path` is set for a unix socket."""

    directive: Directive | None
    family: str
    address: Address | None
    port: int
    path: str
    default: bool
    tls: bool
    proxy_protocol: bool
    both_families: bool

    def key(self) -> tuple[str, int, int, str]:
        """What makes two listens the same socket."""
        return (self.family, -1 if self.address is None else self.address.number, self.port, self.path)

    def label(self) -> str:
        """The socket as an administrator writes it: `*:80`, `[::]:443`, `127.0.0.1:8080`."""
        if self.family == UNIX:
            return f"unix:{self.path}"
        if self.address is None:
            return f"{'[::]' if self.family == IPV6 else '*'}:{self.port}"
        text = self.address.text()
        return f"[{text}]:{self.port}" if self.family == IPV6 else f"{text}:{self.port}"


class Socket:
    """One address and port with its servers in the order of the file."""

    __slots__ = ("default", "default_is_explicit", "listens", "names", "regexes", "servers", "tls")

    def __init__(self, listen: Listen) -> None:
        self.listens = [listen]
        self.servers: list[Server] = []
        self.default: Server | None = None
        self.default_is_explicit = False
        self.names: HostnameTable[Server] = HostnameTable()
        self.regexes: list[tuple[Regex, Server]] = []
        self.tls = listen.tls

    @property
    def listen(self) -> Listen:
        """The first directive that opened this socket."""
        return self.listens[0]

    def add(self, server: Server, listen: Listen) -> None:
        """Put a server behind this socket."""
        self.listens.append(listen)
        self.tls = self.tls or listen.tls
        if listen.default and not self.default_is_explicit:
            self.default, self.default_is_explicit = server, True
        if server in self.servers:
            return
        self.servers.append(server)
        if self.default is None:
            self.default = server
        for name in server.names:
            if name.regex is not None:
                self.regexes.append((name.regex, server))
            elif name.text is not None:
                self.names.add(name.text, server)

    def takes(self, family: str) -> bool:
        """Whether a client of this family can connect."""
        if self.listen.family == family:
            return True
        both = any(listen.both_families for listen in self.listens)
        return family == IPV4 and self.listen.family == IPV6 and both


def parse_listen(directive: Directive) -> Listen | None:
    """The `listen` directive, or None when nginx rejects its address."""
    if not directive.args:
        return None
    where, options = directive.args[0], directive.args[1:]
    flags = frozenset(options)
    common = (
        "default_server" in flags or "default" in flags,
        "ssl" in flags or "quic" in flags,
        "proxy_protocol" in flags,
        "ipv6only=off" in flags,
    )
    if where.startswith("unix:"):
        return Listen(directive, UNIX, None, 0, where[5:], *common)
    host, port = _split_port(where)
    if port is None:
        return None
    if host in ("", "*"):
        return Listen(directive, IPV4, None, port, "", *common)
    if host.startswith("["):
        address = parse_address(host[1:-1]) if host.endswith("]") else None
        if address is None or address.family != IPV6:
            return None
        return Listen(directive, IPV6, address if address.number else None, port, "", *common)
    address = Address(IPV4, 0x7F000001) if host == "localhost" else parse_address(host)
    if address is None or address.family != IPV4:
        return None
    return Listen(directive, IPV4, address if address.number else None, port, "", *common)


def implied_listen() -> Listen:
    """What nginx uses for a server without `listen`, started as root."""
    return Listen(None, IPV4, None, 80, "", False, False, False, False)


def _split_port(text: str) -> tuple[str, int | None]:
    if text.isascii() and text.isdigit():
        return "", _port(text)
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return text, None
        return host + "]", _port(rest[1:]) if rest else 80
    host, colon, port = text.rpartition(":")
    return (host, _port(port)) if colon else (text, 80)


def _port(text: str) -> int | None:
    if not text.isascii() or not text.isdigit():
        return None
    return int(text) if 1 <= int(text) <= 65535 else None
