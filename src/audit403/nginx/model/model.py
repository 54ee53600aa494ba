"""The whole model of one nginx configuration, built once and asked many times."""

from typing import TYPE_CHECKING

from audit403.nginx.model.context import Context
from audit403.nginx.model.faulty import Faulty
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket
from audit403.nginx.model.worker import Worker
from audit403.nginx.read.configuration import Configuration
from audit403.nginx.read.tree import Directive

if TYPE_CHECKING:
    from audit403.core.decision import Decision
    from audit403.core.request import Request
    from audit403.nginx.model.geo import Geo
    from audit403.nginx.model.geoip2 import GeoIp2Database, GeoIp2Proxies
    from audit403.nginx.model.map import Map
    from audit403.nginx.model.split_clients import SplitClients

BUILT_IN_PREFIX = "/usr/share/nginx"
"""Debian's `--prefix`; nginx.org's packages have /etc/nginx, where `root` is never relative either."""


class Model:
    """Sockets, servers, the definitions at http level and who the worker is."""

    __slots__ = (
        "_by_port",
        "_first_socket",
        "_geoip2_proxies",
        "_sends_on",
        "_upstreams",
        "_volatile",
        "after_host",
        "answers",
        "assigned",
        "captured",
        "configuration",
        "faults",
        "geoip2",
        "geos",
        "http",
        "main",
        "maps",
        "servers",
        "sockets",
        "splits",
        "worker",
    )

    def __init__(self, configuration: Configuration, main: Context, worker: Worker) -> None:
        self.configuration = configuration
        #: What it answers wherever it runs: to requests on whose way nothing of the world is looked at.
        self.answers: dict[Request, Decision] = {}
        self.main = main
        self.worker = worker
        self.http: Context = main
        self.servers: list[Server] = []
        self.sockets: list[Socket] = []
        self.maps: dict[str, Map] = {}
        self.geos: dict[str, Geo] = {}
        self.splits: dict[str, SplitClients] = {}
        self.geoip2: dict[str, GeoIp2Database] = {}
        self._first_socket: dict[Server, Socket] | None = None
        self._upstreams: dict[str, Directive] | None = None
        self._by_port: dict[int, list[Socket]] | None = None
        self._geoip2_proxies: GeoIp2Proxies | None = None
        #: The `server_name` directives with `$hostname`.
        self.after_host: list[Directive] = []
        self.assigned: set[str] = set()
        self.captured: set[str] = set()
        self.faults: list[Faulty] = []
        self._volatile: bool | None = None
        self._sends_on: bool | None = None

    @property
    def prefix(self) -> str:
        """The prefix (`-p`), to which `root` and `alias` are relative."""
        return self.configuration.prefix or BUILT_IN_PREFIX

    @property
    def conf_directory(self) -> str:
        """The main configuration's directory, to which `auth_basic_user_file` and `include` are relative."""
        return self.configuration.conf_directory

    @property
    def has_volatile_maps(self) -> bool:
        """Whether any map is computed anew each time that it is used."""
        if self._volatile is None:
            self._volatile = any(definition.volatile for definition in self.maps.values())
        return self._volatile

    @property
    def geoip2_proxies(self) -> "GeoIp2Proxies":
        """Whose X-Forwarded-For the geoip2 module believes."""
        if self._geoip2_proxies is None:
            from audit403.nginx.model.geoip2 import compile_geoip2_proxies

            self._geoip2_proxies = compile_geoip2_proxies(self.http.own)
        return self._geoip2_proxies

    def socket_of(self, server: Server) -> Socket | None:
        """The first socket that a server block listens on."""
        if self._first_socket is None:
            self._first_socket = {}
            for socket in self.sockets:
                for other in socket.servers:
                    self._first_socket.setdefault(other, socket)
        return self._first_socket.get(server)

    @property
    def sends_on(self) -> bool:
        """Whether any `add_header X-Accel-Redirect` stands in it, which a server before it would follow."""
        if self._sends_on is None:
            from audit403.nginx.model.location import every_location

            contexts: list[Context] = [self.http, *self.servers]
            contexts += [location for server in self.servers for location in every_location(server.tree)]
            self._sends_on = any(
                directive.args[:1] and directive.args[0].lower() == "x-accel-redirect"
                for context in contexts
                for directive in context.own.get("add_header", ())
            )
        return self._sends_on

    def upstream(self, name: str) -> Directive | None:
        """The upstream block of a name, the first where there are several."""
        if self._upstreams is None:
            self._upstreams = {}
            for block in self.http.own.get("upstream", ()):
                if block.args:
                    self._upstreams.setdefault(block.args[0].lower(), block)
        return self._upstreams.get(name.lower())

    def sockets_on(self, port: int) -> list[Socket]:
        """The sockets that listen on this port."""
        if self._by_port is None:
            self._by_port = {}
            for socket in self.sockets:
                self._by_port.setdefault(socket.listen.port, []).append(socket)
        return self._by_port.get(port, [])
