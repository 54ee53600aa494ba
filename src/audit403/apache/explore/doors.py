"""The sockets and names by which a server is reached, and ordinary requests that come in by them."""

from audit403.apache.decide.choose_vhost import chosen
from audit403.apache.decide.ssl_handshake import ssl_of
from audit403.apache.model.model import Chain, Listen, Model
from audit403.apache.model.server import Server
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request, Tls
from audit403.explore.ordinary import BROWSER, CLIENT_IPV4, CLIENT_IPV6, UNKNOWN_HOST
from audit403.http.address import IPV4, IPV6, parse_plain

_HTTPS = 443


class Door(NamedTuple):
    """A socket, a name that leads to the server there, and the server's address where that is to be told (`to`)."""

    listen: Listen
    host: str
    tls: bool
    to: str | None

    @property
    def port(self) -> int:
        """The socket's port."""
        return self.listen.port

    @property
    def kind(self) -> tuple[bool, int, bool]:
        """What one door of a server may differ in from another."""
        return self.tls, self.port, self.takes(IPV4)

    def takes(self, family: str) -> bool:
        """Whether clients of a family come in here."""
        address = self.listen.address if self.to is None else parse_plain(self.to)
        if address is None:
            return True
        return address.family == family or (address.family == IPV6 and not address.number)


class _Socket(NamedTuple):
    """What holds for all servers behind a socket (at one address): the door by which unknown names come, its kind."""

    door: Door
    kind: tuple[bool, int, bool]
    chain: Chain | None


class Doors:
    """The doors of every server of a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._known: dict[Server, list[Door]] = {}
        self._sockets: dict[tuple[Listen, str | None], _Socket] = {}

    def of(self, server: Server) -> list[Door]:
        """The doors of a server, the one that an ordinary visitor takes first; none where no name leads to it."""
        known = self._known.get(server)
        if known is None:
            found: dict[tuple[bool, int, bool], Door] = {}
            for listen in self.model.listens:
                for to in _addresses(server, listen):
                    self._add(server, self._socket(listen, to), found)
            known = self._known[server] = list(found.values())
        return known

    def at(self, server: Server) -> list[Door]:
        """A door of each kind at the addresses of a server, be it to this server or another."""
        found: dict[tuple[bool, int, bool], Door] = {}
        for listen in self.model.listens:
            for to in _addresses(server, listen):
                socket = self._socket(listen, to)
                found.setdefault(socket.kind, socket.door)
        return list(found.values())

    def _add(self, server: Server, socket: _Socket, found: dict[tuple[bool, int, bool], Door]) -> None:
        if socket.kind in found:
            return
        for host in (*hosts_of(server), UNKNOWN_HOST):
            if self._taken_by(socket, host) is server:
                found[socket.kind] = socket.door._replace(host=host)
                return

    def taken_by(self, door: Door, host: str) -> Server:
        """The server that gets a request for a host."""
        return self._taken_by(self._socket(door.listen, door.to), host)

    def _taken_by(self, socket: _Socket, host: str) -> Server:
        return self.model.main if socket.chain is None else chosen(socket.chain, host, socket.door.port)

    def _socket(self, listen: Listen, to: str | None) -> _Socket:
        known = self._sockets.get((listen, to))
        if known is None:
            local = listen.address if to is None else parse_plain(to)
            chain = self.model.chain(None if local is None or not local.number else local, listen.port)
            tls = _speaks_tls(self.model, listen, self.model.main if chain is None else chain.server)
            door = Door(listen, UNKNOWN_HOST, tls, to)
            known = self._sockets[listen, to] = _Socket(door, door.kind, chain)
        return known


def hosts_of(server: Server) -> list[str]:
    """A name for each that a server has, the plain ones first."""
    names = [*([] if server.name is None else [server.name]), *server.aliases]
    names += [alias.replace("*.", "www.").replace("*", "www").replace("?", "a") for alias in server.wild_aliases]
    return list(dict.fromkeys(name for name in names if name))


def visit(door: Door, target: str) -> Request:
    """A browser's direct visit to a URL of the server behind a door."""
    return Request(
        "GET",
        "https" if door.tls else "http",
        door.host,
        door.port,
        target,
        CLIENT_IPV4 if door.takes(IPV4) else CLIENT_IPV6,
        (("User-Agent", BROWSER),),
        door.to,
        Tls(door.host, "none") if door.tls else None,
    )


def through(request: Request, door: Door) -> Request:
    """The same request by another door; its client has an address that comes in there."""
    ordinary = visit(door, request.target)
    client = request.client if door.takes(_family(request.client)) else ordinary.client
    tls = ordinary.tls
    if tls is not None and request.tls is not None:
        tls = tls._replace(client_certificate=request.tls.client_certificate)
    return request._replace(scheme=ordinary.scheme, host=door.host, port=door.port, client=client, to=door.to, tls=tls)


def from_client(request: Request, client: str, doors: list[Door]) -> Request | None:
    """The same request from another address, by a door that takes its family; None where there is none."""
    family = _family(client)
    fitting = [door for door in doors if door.takes(family)]
    same = [
        door
        for door in fitting
        if (door.port, door.tls, door.to) == (request.port, request.tls is not None, request.to)
    ]
    if same or (not doors and family == _family(request.client)):
        return request._replace(client=client)
    # The door beside the one that the request takes, if there is one: same port, same protocol.
    fitting.sort(key=lambda door: (door.port != request.port, door.tls != (request.tls is not None)))
    return through(request, fitting[0])._replace(client=client) if fitting else None


def door_of(request: Request, doors: list[Door]) -> Door | None:
    """The door by which a request comes."""
    family = _family(request.client)
    fitting = (door for door in doors if (door.port, door.tls) == (request.port, request.tls is not None))
    return next((door for door in fitting if door.takes(family)), None)


def _family(client: str) -> str:
    return IPV6 if ":" in client else IPV4


def _addresses(server: Server, listen: Listen) -> list[str | None]:
    """The addresses of the machine at which a socket leads to a server, None for one that nobody names."""
    if listen.address is not None and listen.address.number:
        return [listen.address.text()]
    if not server.is_virtual:
        return [None]
    named = [at for at in server.addresses if at.port in (0, listen.port)]
    found = [None if at.address is None else at.address.text() for at in named]
    return list(dict.fromkeys(found))


def _speaks_tls(model: Model, listen: Listen, server: Server) -> bool:
    """Whether TLS is spoken at a socket: the first of its virtual hosts decides, otherwise the port."""
    engine = ssl_of(server).engine
    if engine is not None:
        return engine == "on" and (model.has("ssl") or model.process.lenient)
    protocol = listen.protocol or ("https" if listen.port == _HTTPS else "http")
    return protocol == "https" and (model.has("ssl") or model.process.lenient)
