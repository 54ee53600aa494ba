"""Which socket takes a connection and which server block answers a name.

Truth: ngx_http_init_connection, ngx_http_validate_host and ngx_http_find_virtual_server in src/http/ngx_http_request.c.
"""

from functools import lru_cache

from audit403.core.request import Request
from audit403.http.regex import Captured
from audit403.nginx.ascii import lower
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address, parse_address
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket


class BadHost(ValueError):
    """nginx answers 400 to this Host header."""


def choose_socket(model: Model, request: Request, client: Address) -> Socket | None:
    """The socket that takes the connection, or None when nobody listens there.

    Without a server address the first socket on the port that the client's family can reach is taken.
    """
    if client.family == UNIX:
        unix = [socket for socket in model.sockets if socket.listen.family == UNIX]
        if request.to is not None:
            return next((socket for socket in unix if f"unix:{socket.listen.path}" == request.to), None)
        return unix[0] if unix else None
    candidates = model.sockets_on(request.port)
    if request.to is not None:
        address = parse_address(request.to.strip("[]"))
        for socket in candidates:
            if socket.listen.address is not None and socket.listen.address == address:
                return socket
        family = IPV4 if address is None else address.family
        wild = [socket for socket in candidates if socket.listen.address is None]
        own = next((socket for socket in wild if socket.listen.family == family), None)
        return own or next((socket for socket in wild if socket.takes(family)), None)
    own = next((socket for socket in candidates if socket.listen.family == client.family), None)
    return own or next((socket for socket in candidates if socket.takes(client.family)), None)


def client_on(socket: Socket, client: Address) -> Address:
    """How the client's address appears to nginx on this socket."""
    return client.mapped() if socket.listen.family == IPV6 and client.family == IPV4 else client


@lru_cache(maxsize=4096)
def validate_host(host: str) -> str:
    """The name in a Host header: lower case, without port and last dot. Raises BadHost where nginx answers 400."""
    dot, length = len(host), len(host)
    literal = rest = False
    for index, character in enumerate(host):
        if character == ".":
            if dot == index - 1:
                raise BadHost(host)
            dot = index
        elif character == ":" and not literal and not rest:
            length, rest = index, True
        elif character == "[" and index == 0:
            literal = True
        elif character == "]" and literal and not rest:
            length, rest, literal = index + 1, True, False
        elif character == "/" or character <= " " or character == "\x7f":
            raise BadHost(host)
    if dot == length - 1:
        length -= 1
    if length <= 0:
        raise BadHost(host)
    return lower(host[:length])


def choose_server(socket: Socket, name: str) -> tuple[Server, Captured | None, str]:
    """The server for a name, what its regex captured, and how it was found."""
    assert socket.default is not None
    if len(socket.servers) == 1 and not socket.default.captures_names():
        return socket.default, None, "the only one on this socket"
    found = socket.names.find(name)
    if found is not None:
        return found, None, f'its name matches "{name}"'
    if name:
        for regex, server in socket.regexes:
            captured = regex.search(name)
            if captured is not None:
                return server, captured, f'its name ~{regex.pattern} matches "{name}"'
    return socket.default, None, f'nobody has the name "{name}": the default'
