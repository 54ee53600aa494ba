"""The sockets by which a server block is reached, and requests that come in by another one."""

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request, Tls
from audit403.explore.ordinary import BROWSER, CLIENT_IPV4, CLIENT_IPV6, UNKNOWN_HOST
from audit403.nginx.decide.choose_server import BadHost, choose_server, validate_host
from audit403.nginx.decide.tls import handshake
from audit403.nginx.model.address import IPV4, IPV6, UNIX
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket


class Door(NamedTuple):
    """A socket and a Host with which a request that comes in there gets to the server block."""

    socket: Socket
    host: str

    @property
    def kind(self) -> tuple[str, bool, int]:
        """What one door of a server may differ in from another."""
        return self.socket.listen.family, self.socket.tls, self.socket.listen.port


class Doors:
    """Every kind of door of every server block, found in one pass over the sockets."""

    def __init__(self, sockets: list[Socket]) -> None:
        self._doors: dict[Server, dict[tuple[str, bool, int], Door]] = {}
        for socket in sockets:
            for server in socket.servers:
                self._add(server, socket)

    def of(self, server: Server) -> list[Door]:
        """The doors of a server block; the first is the one that an ordinary visitor takes.

        One of a unix socket counts where there is no other: behind it stands a proxy, and not a visitor.
        """
        doors = list(self._doors.get(server, {}).values())
        return [door for door in doors if door.socket.listen.family != UNIX] or doors

    def _add(self, server: Server, socket: Socket) -> None:
        known = self._doors.setdefault(server, {})
        kind = (socket.listen.family, socket.tls, socket.listen.port)
        if kind not in known:
            door = _door(server, socket)
            if door is not None:
                known[kind] = door


def doors_of(server: Server, sockets: list[Socket]) -> list[Door]:
    """The doors of one server block alone."""
    found: dict[tuple[str, bool, int], Door] = {}
    for socket in sockets:
        if socket.listen.family in (IPV4, IPV6) and server in socket:
            door = _door(server, socket)
            if door is not None:
                found.setdefault(door.kind, door)
    return list(found.values())


def _door(server: Server, socket: Socket) -> Door | None:
    for host in (*hosts_of(server), UNKNOWN_HOST):
        if taken_by(socket, host) is server:
            return Door(socket, host)
    return None


def taken_by(socket: Socket, host: str) -> Server | None:
    """The server block that gets a request for a host."""
    if socket.tls:
        found = handshake(socket, Tls(host))
        if found.server.flag("ssl_reject_handshake"):
            return None
    try:
        return choose_server(socket, validate_host(host))[0]
    except BadHost:
        return None


def visit(door: Door, target: str) -> Request:
    """A browser's direct visit to a URL of the server block behind a door."""
    tls = door.socket.tls
    return Request(
        "GET",
        "https" if tls else "http",
        door.host,
        _port_of(door.socket),
        target,
        client_for(door.socket),
        (("User-Agent", BROWSER),),
        _address_of(door.socket),
        Tls(door.host, "none") if tls else None,
    )


def through(request: Request, door: Door) -> Request:
    """The same request by another door; its client has an address of the door's family."""
    socket = door.socket
    client = request.client if socket.takes(family_of(request.client)) else client_for(socket)
    certificate = "none" if request.tls is None else request.tls.client_certificate
    tls = Tls(door.host, certificate) if socket.tls else None
    scheme = "https" if socket.tls else "http"
    return request._replace(
        scheme=scheme, host=door.host, port=_port_of(socket), client=client, to=_address_of(socket), tls=tls
    )


def from_client(request: Request, client: str, doors: list[Door]) -> Request | None:
    """The same request from another address, by a door that takes its family; None where there is none."""
    family = family_of(client)
    if family == family_of(request.client):
        return request._replace(client=client)
    fitting = [door for door in doors if door.socket.takes(family)]
    # The door beside the one that the request takes, if there is one: same port, same protocol.
    fitting.sort(
        key=lambda door: (
            door.socket.listen.port != request.port,
            door.socket.tls != (request.tls is not None),
            door.socket.listen.family != family,
        )
    )
    if not fitting:
        return None
    door = fitting[0]
    moved = through(request, door)._replace(client=client)
    if request.host is None or request.host == door.host:
        return moved
    if taken_by(door.socket, request.host) is not taken_by(door.socket, door.host):
        return moved
    # The request keeps its name where that leads to the same server block.
    return moved._replace(host=request.host, tls=moved.tls and moved.tls._replace(sni=request.host.partition(":")[0]))


def family_of(client: str) -> str:
    """The family of a client's address."""
    if client.startswith("unix:"):
        return UNIX
    return IPV6 if ":" in client else IPV4


def _port_of(socket: Socket) -> int:
    """The port that a request names; a unix socket has none, and the URL shows the usual one."""
    return socket.listen.port or (443 if socket.tls else 80)


def _address_of(socket: Socket) -> str | None:
    listen = socket.listen
    if listen.family == UNIX:
        return f"unix:{listen.path}"
    return None if listen.address is None else listen.address.text()


def ordinary_request(server: Server, socket: Socket, target: str, host: str | None = None) -> Request:
    """A browser's direct visit to a URL of a server block, through one of its sockets."""
    listen = socket.listen
    name = host if host is not None else host_of(server)
    tls = Tls(name, "none") if socket.tls else None
    return Request(
        "GET",
        "https" if socket.tls else "http",
        name,
        listen.port,
        target,
        client_for(socket),
        (("User-Agent", BROWSER),),
        None if listen.address is None else listen.address.text(),
        tls,
    )


def host_of(server: Server) -> str:
    """A name that the server block answers to."""
    return next(iter(hosts_of(server)), UNKNOWN_HOST)


def hosts_of(server: Server) -> list[str]:
    """A name for each server_name, the plain ones first."""
    found: dict[str, None] = {}
    for name in server.names:
        if name.text is not None and name.text not in ("", "_"):
            found[concrete_name(name.text)] = None
    for name in server.names:
        if name.regex is not None:
            from audit403.explore.regex_witness import witness_of

            made = witness_of(name.regex)
            if made:
                found[made] = None
        elif name.text == "_":
            found["_"] = None
    return list(found)


def concrete_name(name: str) -> str:
    """A host name that fits a server_name with wildcards."""
    if name.startswith("*."):
        return "www" + name[1:]
    if name.startswith("."):
        return name[1:]
    return name[:-1] + "example" if name.endswith(".*") else name


def client_for(socket: Socket) -> str:
    """The ordinary client of a socket's family."""
    if socket.listen.family == UNIX:
        return "unix:"
    return CLIENT_IPV6 if socket.listen.family == IPV6 else CLIENT_IPV4
