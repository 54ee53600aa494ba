"""The plainest request of a refusal: whatever it does not need is taken away again.

What is then left and differs from a browser's direct visit is what the refusal hangs on.
"""

from collections.abc import Callable, Iterator

from audit403.core.decision import Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.asked import differences, is_let_through
from audit403.explore.fields import with_header

Decide = Callable[[Request], Decision]
Same = Callable[[Request, Decision], bool]
FromClient = Callable[[Request, str], Request | None]
"""The same request from another address, None where nobody comes from there."""


class Plain(NamedTuple):
    """A request as plain as it can be, what it needs to be refused, and one that lacks that and is let through."""

    request: Request
    decision: Decision
    needed: tuple[str, ...] = ()
    served: Request | None = None


def plainest(
    request: Request, decision: Decision, ordinary: Request | None, from_client: FromClient, decide: Decide, same: Same
) -> Plain:
    """The plainest request that is refused in the same place for the same cause.

    `ordinary` is a browser's direct visit to the same target by the same socket, None where nobody comes by it.
    """
    found = Plain(request, decision)
    if ordinary is None:
        return found
    for field in _odd_fields(request, ordinary):
        if field == "method" and "body_length" in found.needed:
            continue  # a body is sent with it
        plainer = _without(found.request, field, ordinary, from_client)
        if plainer is None:
            continue
        answer = decide(plainer)
        if same(plainer, answer):
            found = found._replace(request=plainer, decision=answer)
            continue
        found = found._replace(needed=(*found.needed, field))
        if is_let_through(answer) and (found.served is None or field == "client"):
            found = found._replace(served=plainer)
    # What was let through beside an odder request says nothing about the plain one.
    if found.served is not None and len(differences(found.request, found.served)) != 1:
        found = found._replace(served=None)
    return found


def _odd_fields(request: Request, ordinary: Request) -> Iterator[str]:
    """The fields in which a request is no ordinary one, the oddest first."""
    odd = differences(request, ordinary)
    yield from (name for name in ("over_limits", "body_length") if name in odd)
    yield from sorted(name for name in odd if name.startswith("header:"))
    if "?" in request.target:
        yield "arguments"
    yield from (name for name in ("tls", "host", "client", "method") if name in odd)


def _without(request: Request, field: str, ordinary: Request, from_client: FromClient) -> Request | None:
    """The request with one field as an ordinary one has it."""
    if field.startswith("header:"):
        name = field.partition(":")[2]
        return with_header(request, name, ordinary.header(name))
    if field == "arguments":
        return request._replace(target=request.target.partition("?")[0])
    if field == "client":
        return from_client(request, ordinary.client)
    if field == "host" and request.tls is not None:
        return request._replace(host=ordinary.host, tls=request.tls._replace(sni=ordinary.host))
    if field == "tls" and request.tls is not None and ordinary.tls is not None:
        return request._replace(tls=request.tls._replace(client_certificate=ordinary.tls.client_certificate))
    return request._replace(**{field: getattr(ordinary, field)})
