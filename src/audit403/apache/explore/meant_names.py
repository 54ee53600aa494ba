"""Names that a configuration means to serve and that another virtual host answers all the same.

`example.com` beside `www.example.com`; a ServerName with what belongs in no Host header; a name that plain HTTP
redirects to HTTPS, where no virtual host has it; a name that an earlier virtual host has as well, or takes by a
wildcard.
"""

from collections import Counter
from collections.abc import Iterator

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.decide.outcome import SENT_TO
from audit403.apache.explore.doors import Door, Doors, visit
from audit403.apache.explore.places import Start
from audit403.apache.model.model import Model
from audit403.apache.model.server import Server
from audit403.core.named_tuple import NamedTuple
from audit403.explore.host_names import HOST, as_sent, twin_of
from audit403.explore.subject import (
    PURPOSE_OTHER_SOCKET,
    PURPOSE_TAKEN_NAME,
    PURPOSE_TWIN_NAME,
    PURPOSE_WRITTEN_NAME,
)

_Seen = set[tuple[int, bool, str]]


class Stray(NamedTuple):
    """A visit by a name that belongs to `start.server`, and the server that answers it."""

    start: Start
    taken_by: Server


def meant_names(model: Model, doors: Doors, evaluator: Evaluator) -> Iterator[Stray]:
    """A visit to each such name where it is not served, once for each port."""
    seen: _Seen = set()
    for strays in (_taken(model, doors), _sent_on(model, doors, evaluator), _beside_served(model, doors)):
        for stray in strays:
            request = stray.start.request
            key = (request.port, request.tls is not None, request.host or "")
            if key not in seen:
                seen.add(key)
                yield stray


def _beside_served(model: Model, doors: Doors) -> Iterator[Stray]:
    """Names that no virtual host of a port has, and that are like one which is served there."""
    every: dict[tuple[int, bool], list[tuple[Door, Server]]] = {}
    for server in model.servers:
        for door in doors.of(server):
            every.setdefault((door.port, door.tls), []).append((door, server))
    for there in every.values():
        if len(there) < 2:
            continue
        named = {name.lower() for _, server in there for name in _names(server)}
        for door, server in there:
            for host, purpose in _beside(server, named):
                yield from _stray(doors, door, server, host, purpose)


def _beside(server: Server, named: set[str]) -> Iterator[tuple[str, str]]:
    for name in _names(server):
        if "." not in name or "*" in name:
            continue
        written = as_sent(name)
        if written is not None and written != name:
            yield written, PURPOSE_WRITTEN_NAME
        twin = twin_of(name) if written == name else None
        if twin is not None and twin.lower() not in named:
            yield twin, PURPOSE_TWIN_NAME


def _taken(model: Model, doors: Doors) -> Iterator[Stray]:
    """Names of a virtual host that an earlier one of the same address has as well, or takes by a wildcard."""
    counted = Counter(name.lower() for server in model.servers for name in set(_names(server)))
    any_wild = any(server.wild_aliases for server in model.servers)
    for server in model.servers:
        hosts = [name for name in _names(server) if HOST.fullmatch(name.lower())]
        hosts = hosts if any_wild else [name for name in hosts if counted[name.lower()] > 1]
        for door in doors.at(server) if hosts else ():
            for host in hosts:
                yield from _stray(doors, door, server, host, PURPOSE_TAKEN_NAME)


def _sent_on(model: Model, doors: Doors, evaluator: Evaluator) -> Iterator[Stray]:
    """Names that plain HTTP redirects to HTTPS, where no virtual host has them."""
    secure = {door.port: door for server in model.servers for door in doors.of(server) if door.tls}
    named = {port: _names_at(model, doors, port) for port in secure}
    for server in model.servers:
        hosts = [name for name in _names(server) if HOST.fullmatch(name)]
        for door in doors.of(server) if secure else ():
            for host in () if door.tls else hosts:
                if all(host in there for there in named.values()):
                    continue
                port = _port_of_https(evaluator, door._replace(host=host))
                if port in secure and host not in named[port] and doors.taken_by(door, host) is server:
                    beside = next((one for one in _at(model, doors, port) if _shares_name(one, hosts)), server)
                    yield from _stray(doors, secure[port], beside, host, PURPOSE_OTHER_SOCKET)


def _port_of_https(evaluator: Evaluator, door: Door) -> int | None:
    """The port of HTTPS to which the home page of a name sends a visitor under the same name."""
    decision = evaluator.decide(visit(door, "/"))
    to = next((step.value or "" for step in reversed(decision.trace) if step.operator == SENT_TO), "")
    host, _, port = to.removeprefix("https://").partition("/")[0].partition(":")
    if not to.startswith("https://") or host.lower() != door.host:
        return None
    return int(port) if port.isdigit() else 443


def _at(model: Model, doors: Doors, port: int) -> Iterator[Server]:
    return (one for one in model.servers if any(door.port == port and door.tls for door in doors.of(one)))


def _names_at(model: Model, doors: Doors, port: int) -> set[str]:
    return {name.lower() for server in _at(model, doors, port) for name in _names(server)}


def _shares_name(server: Server, hosts: list[str]) -> bool:
    return any(name in hosts for name in _names(server))


def _names(server: Server) -> list[str]:
    return [*([] if server.name is None else [server.name]), *server.aliases]


def _stray(doors: Doors, door: Door, server: Server, host: str, purpose: str) -> Iterator[Stray]:
    taken_by = doors.taken_by(door, host)
    if taken_by is not server and server.is_virtual:
        yield Stray(Start(visit(door._replace(host=host), "/"), purpose, server), taken_by)
