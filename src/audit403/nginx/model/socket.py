"""Listening sockets and the server blocks behind each: who takes a connection, and which name chooses which server.

Truth: ngx_http_core_listen, ngx_http_add_listen and ngx_http_optimize_servers in src/http.
"""

from functools import lru_cache

from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import Regex
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address
from audit403.nginx.model.hostnames import HostnameTable
from audit403.nginx.model.server import Server
from audit403.nginx.model.url import InvalidUrl, Url, parse_url
from audit403.nginx.read.tree import Directive

_KEPT = 1000
_HTTP_PORT = 80
_LOCALHOST = Address(IPV4, 0x7F000001)


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

    __slots__ = (
        "_both_families",
        "_members",
        "default",
        "default_is_explicit",
        "listens",
        "names",
        "regexes",
        "servers",
        "tls",
    )

    def __init__(self, listen: Listen) -> None:
        self.listens = [listen]
        self.servers: list[Server] = []
        self._members: set[Server] = set()
        self._both_families = listen.both_families
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
        self._both_families = self._both_families or listen.both_families
        if listen.default and not self.default_is_explicit:
            self.default, self.default_is_explicit = server, True
        if server in self:
            return
        self.servers.append(server)
        self._members.add(server)
        if self.default is None:
            self.default = server
        for name in server.names:
            if name.regex is not None:
                self.regexes.append((name.regex, server))
            elif name.text is not None:
                self.names.add(name.text, server)

    def __contains__(self, server: Server) -> bool:
        return server in self._members

    def takes(self, family: str) -> bool:
        """Whether a client of this family can connect."""
        if self.listen.family == family:
            return True
        return family == IPV4 and self.listen.family == IPV6 and self._both_families


def parse_listen(directive: Directive) -> list[Listen]:
    """The sockets of a `listen` directive, one for each port of a range; none when nginx rejects it."""
    if not directive.args:
        return []
    where, options = directive.args[0], directive.args[1:]
    flags = frozenset(options)
    common = (
        "default_server" in flags or "default" in flags,
        "ssl" in flags or "quic" in flags,
        "proxy_protocol" in flags,
        "ipv6only=off" in flags,
    )
    url = _url(where)
    if url is None or url.address is None:
        return []
    if url.family == UNIX:
        return [Listen(directive, UNIX, None, 0, url.host, *common)]
    known = url.address if url.address.number else None
    ports = range(url.port, url.last_port + 1)
    return [Listen(directive, url.family, known, port, "", *common) for port in ports]


@lru_cache(maxsize=_KEPT)
def _url(text: str) -> Url | None:
    """The address to listen on, number 0 for the wildcard; many servers have the same."""
    try:
        url = parse_url(text, _HTTP_PORT, listen=True)
    except InvalidUrl:
        return None
    return url._replace(family=IPV4, address=_LOCALHOST) if url.host == "localhost" else url


def implied_listen() -> Listen:
    """What nginx uses for a server without `listen`, started as root."""
    return Listen(None, IPV4, None, 80, "", False, False, False, False)
