"""Names that a configuration means to serve and that fall to a socket's default server all the same.

`example.com` beside `www.example.com` and beside `*.example.com`; a server_name with what belongs in no Host header; a
name that is served on one socket and not on the one beside it.
"""

import re
from collections.abc import Iterator
from itertools import chain

from audit403.core.place import Span
from audit403.explore.host_names import HOST, as_sent, twin_of
from audit403.explore.subject import PURPOSE_OTHER_SOCKET, PURPOSE_TWIN_NAME, PURPOSE_WRITTEN_NAME
from audit403.nginx.decide.choose_server import BadHost, choose_server, validate_host
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.doors import ordinary_request
from audit403.nginx.explore.places import Start
from audit403.nginx.model.address import IPV4, IPV6, UNIX
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server, ServerName
from audit403.nginx.model.socket import Socket

_REDIRECTS = (301, 302, 303, 307, 308)


def meant_names(evaluator: Evaluator) -> Iterator[Start]:
    """A visit to each such name where it is not served, once for each socket."""
    seen: set[tuple[int, str | None]] = set()
    for start in chain(_redirected(evaluator), _other_families(evaluator.model), _beside_others(evaluator.model)):
        key = (id(start.socket), start.request.host)
        if key not in seen:
            seen.add(key)
            yield start


def _beside_others(model: Model) -> Iterator[Start]:
    for socket in model.sockets:
        if len(socket.servers) > 1 and socket.listen.family != UNIX:
            for server in socket.servers:
                for name in server.names:
                    yield from _beside(socket, server, name)


def _beside(socket: Socket, server: Server, name: ServerName) -> Iterator[Start]:
    if name.text is None or "." not in name.text:
        return
    written = as_sent(name.text)
    purpose, host = (PURPOSE_TWIN_NAME, twin_of(name.text)) if written == name.text else (PURPOSE_WRITTEN_NAME, written)
    if host is not None and _is_unserved(socket, server, host):
        yield Start(ordinary_request(server, socket, "/", host), socket, purpose, server)


def _is_unserved(socket: Socket, server: Server, host: str) -> bool:
    """Whether a host falls to the default server, which is not the one that it belongs to."""
    if socket.default is server or socket.default is None:
        return False
    try:
        found = choose_server(socket, validate_host(host))
    except BadHost:
        return False
    return found[0] is socket.default and socket.names.find(host) is None and not found[2].startswith("its name")


def _other_families(model: Model) -> Iterator[Start]:
    """Names that are served over IPv4 and not over IPv6, or the other way round, though the same port is open."""
    for socket in model.sockets:
        if socket.listen.family not in (IPV4, IPV6):
            continue
        for other in model.sockets_on(socket.listen.port):
            if other.listen.family in (socket.listen.family, UNIX) or other.tls != socket.tls:
                continue
            served = set(other.servers)
            for server in socket.servers:
                host = next((name.text for name in server.names if name.text and HOST.fullmatch(name.text)), None)
                if server not in served and host is not None and _is_unserved(other, server, host):
                    yield Start(ordinary_request(server, other, "/", host), other, PURPOSE_OTHER_SOCKET, server)


def _redirected(evaluator: Evaluator) -> Iterator[Start]:
    """Names that plain HTTP redirects to HTTPS, where no server block has them."""
    model = evaluator.model
    secure = {socket.listen.family: socket for socket in reversed(model.sockets_on(443)) if socket.tls}
    for socket in model.sockets:
        other = secure.get(socket.listen.family)
        if socket.tls or other is None:
            continue
        for server in socket.servers:
            hosts = [name.text for name in server.names if name.text and HOST.fullmatch(name.text)]
            for host in hosts:
                if _is_unserved(other, server, host) and _sends_on(evaluator, server, socket, host):
                    beside = next((one for one in other.servers if _shares_name(one, hosts)), server)
                    yield Start(ordinary_request(server, other, "/", host), other, PURPOSE_OTHER_SOCKET, beside)


def _sends_on(evaluator: Evaluator, server: Server, socket: Socket, host: str) -> bool:
    """Whether the home page under this name is a redirect to the same name over TLS."""
    decision = evaluator.decide(ordinary_request(server, socket, "/", host))
    if decision.status not in _REDIRECTS:
        return False
    places = [step.where for step in decision.trace if step.phase == "rewrite" and isinstance(step.where, Span)]
    file = evaluator.model.configuration.files.get(places[-1].file) if places else None
    text = "" if file is None else file.source.data[places[-1].start : places[-1].end].decode("latin-1")
    names = [rf"{re.escape(host)}\b", r"\$host\b", r"\$http_host\b"]
    if server.first_name() == host:
        names.append(r"\$server_name\b")
    return re.search(rf"https://(?:{'|'.join(names)})", text) is not None


def _shares_name(server: Server, hosts: list[str]) -> bool:
    return any(name.text in hosts for name in server.names)
