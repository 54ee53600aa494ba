"""The places of a configuration from which exploration starts: one ordinary request and more a location.

Every start says why it is asked, because a refusal of a home page is not judged like that of a made-up file.
"""

from collections.abc import Iterator
from typing import NamedTuple

from audit403.core.family import NotAudited
from audit403.core.request import Request
from audit403.nginx.explore.ordinary import concrete_name, ordinary_request, sockets_of
from audit403.nginx.explore.regex_witness import witness_of
from audit403.nginx.explore.subject import (
    PURPOSE_CERTIFICATE,
    PURPOSE_HOME,
    PURPOSE_PAGE,
    PURPOSE_PROBE,
    PURPOSE_TWIN_NAME,
)
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

CHALLENGE = "/.well-known/acme-challenge/token"
PROBE = "audit403-probe"


class Start(NamedTuple):
    """One request to begin with, the socket it goes to, why it is asked, and the server block that is meant."""

    request: Request
    socket: Socket
    purpose: str
    server: Server


def starts(model: Model, missed: list[NotAudited]) -> Iterator[Start]:
    """Every start of a configuration; a location for which no URI could be made goes to `missed`."""
    for server in model.servers:
        for socket in sockets_of(server, model.sockets):
            yield from _server_starts(server, socket, missed)
    yield from _twin_names(model)


def _server_starts(server: Server, socket: Socket, missed: list[NotAudited]) -> Iterator[Start]:
    yield Start(ordinary_request(server, socket, "/"), socket, PURPOSE_HOME, server)
    yield Start(ordinary_request(server, socket, f"/{PROBE}"), socket, PURPOSE_PROBE, server)
    yield Start(ordinary_request(server, socket, CHALLENGE), socket, PURPOSE_CERTIFICATE, server)
    for location in _locations(server):
        for target, purpose in _targets(location, missed):
            yield Start(ordinary_request(server, socket, target), socket, purpose, server)


def _locations(owner: Server | Location) -> Iterator[Location]:
    for location in owner.tree.all():
        yield location
        yield from _locations(location)


def _targets(location: Location, missed: list[NotAudited]) -> Iterator[tuple[str, str]]:
    if location.named or location.effective("internal"):
        return
    if location.regex is not None:
        made = witness_of(location.regex, _prefix_of(location))
        if made is None or not made.startswith("/"):
            missed.append(NotAudited(location.label(), "no URI could be made that its pattern matches"))
        else:
            yield quoted(made), PURPOSE_PROBE
        return
    if not location.name.startswith("/"):
        return
    if location.name != "/":
        yield quoted(location.name), PURPOSE_PAGE
    if not location.exact and location.name != "/":
        yield quoted(location.name.rstrip("/")) + f"/{PROBE}", PURPOSE_PROBE


def _prefix_of(location: Location) -> str:
    parent = location.parent
    return parent.name if isinstance(parent, Location) and parent.regex is None else "/"


def _twin_names(model: Model) -> Iterator[Start]:
    """`example.com` beside `www.example.com` and the other way round, where no server block has it."""
    for socket in model.sockets:
        for server in socket.servers:
            for name in server.names:
                if name.text is None or "." not in name.text or name.text.startswith(("*", ".")):
                    continue
                twin = name.text[4:] if name.text.startswith("www.") else "www." + concrete_name(name.text)
                if "." not in twin or name.text.count(".") > 2 or twin.replace(".", "").isdigit():
                    continue
                if socket.names.find(twin) is None and socket.default is not server:
                    request = ordinary_request(server, socket, "/", twin)
                    yield Start(request, socket, PURPOSE_TWIN_NAME, server)


def quoted(path: str) -> str:
    """A path as it stands in a request line."""
    data = path.encode("utf-8", "surrogateescape")
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*,;=:@/"
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in data)
