"""Directives that decide access and whose program cannot be read: they are said, not passed over in silence."""

from collections.abc import Iterator

from audit403.nginx.decide.other_programs import MAY_REFUSE
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive


def not_evaluated(model: Model) -> Iterator[Directive]:
    """Each such directive once, wherever it stands."""
    if not model.http.writes(*MAY_REFUSE):
        return
    seen: set[int] = set()
    for context in _contexts(model):
        for directive_name in MAY_REFUSE:
            for directive in context.own.get(directive_name, ()):
                switched_off = bool(directive.args) and directive.args[0] == "off"
                if id(directive) not in seen and not switched_off:
                    seen.add(id(directive))
                    yield directive


def _contexts(model: Model) -> Iterator[Context]:
    yield model.http
    for server in model.servers:
        yield server
        yield from _inside(server)


def _inside(owner: Server | Location) -> Iterator[Context]:
    for location in owner.tree.all():
        yield location
        if location.limit_except is not None:
            yield location.limit_except
        yield from _inside(location)
