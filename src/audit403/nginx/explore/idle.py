"""Directives on which no request's answer depends: rules behind a `return` that ends every request.

Truth: the rewrite phases run before the access phase and before content (facts/nginx.md 2.4).
"""

from collections.abc import Iterator

from audit403.core.fact import IdleDirective
from audit403.core.place import Because
from audit403.explore.subject import PURPOSE_PAGE
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.rewrite_code import Break, If, Instruction, Return, Rewrite
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket
from audit403.nginx.read.tree import Directive

_HIDDEN_IN_LOCATION = ("allow", "auth_basic", "auth_request", "proxy_pass", "fastcgi_pass", "try_files", "alias")


def idle_directives(model: Model) -> Iterator[IdleDirective]:
    """Every directive that an unconditional `return 403` makes dead."""
    if not model.http.writes("return"):
        return
    for server in model.servers:
        socket = model.socket_of(server)
        if socket is None:
            continue
        ending = unconditional_403(server.code)
        if ending is not None:
            locations = server.own.get("location", [])
            if locations:
                yield _idle(ending, locations, Subject(server, socket, None, server, PURPOSE_PAGE))
        yield from _in_locations(server, server, socket)


def unconditional_403(code: tuple[Instruction, ...]) -> Directive | None:
    """The `return 403` that every request through this code reaches."""
    for instruction in code:
        if isinstance(instruction, Return):
            return instruction.directive if instruction.status == 403 else None
        if isinstance(instruction, (Break, If, Rewrite)):
            return None
    return None


def _in_locations(owner: Server | Location, server: Server, socket: Socket) -> Iterator[IdleDirective]:
    for location in owner.tree.all():
        ending = unconditional_403(location.code)
        hidden = [directive for directive in location.sequence if directive.name in _HIDDEN_IN_LOCATION]
        if ending is not None and hidden:
            yield _idle(ending, hidden, Subject(server, socket, location, location, PURPOSE_PAGE))
        yield from _in_locations(location, server, socket)


def _idle(ending: Directive, hidden: list[Directive], subject: Subject) -> IdleDirective:
    names = " ".join(hidden[0].args[:2])
    return IdleDirective(
        "nginx",
        "behind-return",
        ending.span,
        f"`{hidden[0].name} {names}`".rstrip() + f" and {len(hidden) - 1} more never come to it"
        if len(hidden) > 1
        else f"`{hidden[0].name} {names}` never comes to it",
        tuple(Because(directive.span, "no request gets here") for directive in hidden[:5]),
        subject,
    )
