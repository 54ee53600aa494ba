"""Names that a configuration means to serve and that another virtual host answers all the same.

`example.com` beside `www.example.com`; a ServerName with what belongs in no Host header; a name that is served on one
port and not on the one beside it.
"""

from collections.abc import Iterator

from audit403.apache.explore.doors import Door, Doors, visit
from audit403.apache.explore.places import Start
from audit403.apache.model.model import Model
from audit403.apache.model.server import Server
from audit403.core.named_tuple import NamedTuple
from audit403.explore.host_names import HOST, as_sent, twin_of
from audit403.explore.subject import PURPOSE_OTHER_SOCKET, PURPOSE_TWIN_NAME, PURPOSE_WRITTEN_NAME


class Stray(NamedTuple):
    """A visit by a name that belongs to `start.server`, and the server that answers it."""

    start: Start
    taken_by: Server


def meant_names(model: Model, doors: Doors) -> Iterator[Stray]:
    """A visit to each such name where it is not served, once for each port."""
    every: dict[tuple[int, bool], list[tuple[Door, Server]]] = {}
    for server in model.servers:
        for door in doors.of(server):
            every.setdefault((door.port, door.tls), []).append((door, server))
    seen: set[tuple[int, str]] = set()
    for there in every.values():
        if len(there) < 2:
            continue
        named = {name.lower() for _, server in there for name in _names(server)}
        for door, server in there:
            for host, purpose in _beside(server, named):
                stray = _stray(doors, door, server, host, purpose)
                if stray is not None and (door.port, host) not in seen:
                    seen.add((door.port, host))
                    yield stray


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
    own = next((name for name in _names(server) if HOST.fullmatch(name)), None)
    if own is not None and own.lower() not in named:
        yield own, PURPOSE_OTHER_SOCKET


def _names(server: Server) -> list[str]:
    return [*([] if server.name is None else [server.name]), *server.aliases]


def _stray(doors: Doors, door: Door, server: Server, host: str, purpose: str) -> Stray | None:
    taken_by = doors.taken_by(door, host)
    if taken_by is server or not server.is_virtual:
        return None
    return Stray(Start(visit(door._replace(host=host), "/"), purpose, server), taken_by)
