"""The plainest request of a refusal: whatever it does not need is taken away again.

What is then left and differs from a browser's direct visit is what the refusal hangs on.
"""

from collections.abc import Callable, Iterator

from audit403.core.decision import NOT_REFUSED, Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.asked import differences
from audit403.explore.fields import with_header
from audit403.nginx.explore.doors import Door, family_of, from_client, visit

Decide = Callable[[Request], Decision]
Same = Callable[[Request, Decision], bool]


class Plain(NamedTuple):
    """A request as plain as it can be, what it needs to be refused, and one that lacks that and is let through."""

    request: Request
    decision: Decision
    needed: tuple[str, ...] = ()
    served: Request | None = None


def plainest(request: Request, decision: Decision, doors: list[Door], decide: Decide, same: Same) -> Plain:
    """The plainest request that is refused in the same place for the same cause."""
    found = Plain(request, decision)
    door = next((door for door in doors if _comes_by(request, door)), None)
    if door is None:
        return found
    for field in _odd_fields(request, visit(door, request.target)):
        if field == "method" and "body_length" in found.needed:
            continue  # a body is sent with it
        plainer = _without(found.request, field, visit(door, request.target), doors)
        if plainer is None:
            continue
        answer = decide(plainer)
        if same(plainer, answer):
            found = found._replace(request=plainer, decision=answer)
            continue
        found = found._replace(needed=(*found.needed, field))
        if answer.verdict == NOT_REFUSED and (found.served is None or field == "client"):
            found = found._replace(served=plainer)
    # What was let through beside an odder request says nothing about the plain one.
    if found.served is not None and len(differences(found.request, found.served)) != 1:
        found = found._replace(served=None)
    return found


def _comes_by(request: Request, door: Door) -> bool:
    ordinary = visit(door, request.target)
    same = (ordinary.port, ordinary.scheme) == (request.port, request.scheme)
    return same and door.socket.takes(family_of(request.client))


def _odd_fields(request: Request, ordinary: Request) -> Iterator[str]:
    """The fields in which a request is no ordinary one, the oddest first."""
    odd = differences(request, ordinary)
    yield from (name for name in ("over_limits", "body_length") if name in odd)
    yield from sorted(name for name in odd if name.startswith("header:"))
    if "?" in request.target:
        yield "arguments"
    yield from (name for name in ("tls", "host", "client", "method") if name in odd)


def _without(request: Request, field: str, ordinary: Request, doors: list[Door]) -> Request | None:
    """The request with one field as an ordinary one has it."""
    if field.startswith("header:"):
        name = field.partition(":")[2]
        return with_header(request, name, ordinary.header(name))
    if field == "arguments":
        return request._replace(target=request.target.partition("?")[0])
    if field == "client":
        return from_client(request, ordinary.client, doors)
    if field == "host" and request.tls is not None:
        return request._replace(host=ordinary.host, tls=request.tls._replace(sni=ordinary.host))
    if field == "tls" and request.tls is not None and ordinary.tls is not None:
        return request._replace(tls=request.tls._replace(client_certificate=ordinary.tls.client_certificate))
    return request._replace(**{field: getattr(ordinary, field)})
