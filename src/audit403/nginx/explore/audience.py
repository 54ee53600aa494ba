"""Who is let in where somebody is refused: an address of every network that the tests on the way name is asked.

A check that wants to know whom a list, a geo block or an `if` means asks here; what becomes of an address the evaluator
says.
"""

from collections.abc import Callable
from itertools import islice

from audit403.core.decision import REFUSED, Decision
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place, Span
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.explore.ordinary import CLIENTS
from audit403.nginx.explore.access_lists import levels_of
from audit403.nginx.explore.doors import Door, from_client
from audit403.nginx.model.address import UNIX, Network, parse_network
from audit403.nginx.model.context import Context
from audit403.nginx.model.geo import Geo
from audit403.nginx.model.model import Model
from audit403.nginx.read.tree import Directive

_MOST_ASKED = 60
Decide = Callable[[Request], Decision]


class Audience(NamedTuple):
    """Addresses that are let in, and addresses that are refused; each is named on the way or an ordinary one."""

    let_in: tuple[str, ...]
    refused: tuple[str, ...]


def audience(
    decide: Decide, witness: Request, doors: list[Door], named: list[Network], by: Place | None = None
) -> Audience:
    """What becomes of the witness from an address of each named network, and from ordinary ones.

    With `by` only what that place refuses counts as refused.
    """
    let_in: list[str] = []
    refused: list[str] = []
    for client in islice(dict.fromkeys((*map(inside, named), *CLIENTS)), _MOST_ASKED):
        request = from_client(witness, client, doors)
        if request is not None:
            decision = decide(request)
            is_refused = decision.verdict == REFUSED and by in (None, decision.where)
            (refused if is_refused else let_in).append(client)
    return Audience(tuple(let_in), tuple(refused))


def named_networks(model: Model, decision: Decision, context: Context) -> list[Network]:
    """The networks that the allow/deny list, the geo blocks and the tests of `$remote_addr` on the way speak of."""
    found: dict[Network, None] = {}
    for step in decision.trace:
        if step.operator == "geo":
            geo = _geo_at(model, step.where)
            found.update(dict.fromkeys(() if geo is None else geo.networks()))
        elif step.phase == "access" and step.operator == "in-network":
            for level in levels_of(context):
                found.update(dict.fromkeys(rule.network for rule in level.access_rules() if rule.network is not None))
        elif step.field == "client" and step.value is not None:
            network = parse_network(step.value)
            found.update(() if network is None else {network: None})
    return [network for network in found if network.family != UNIX and network.prefix]


def _geo_at(model: Model, where: Place | None) -> Geo | None:
    """The geo block that a line belongs to, whichever file the line is in."""
    if not isinstance(where, Span):
        return None
    around = (geo for geo in model.geos.values() if _is_inside(geo.directive, where))
    return next(around, None) or next((geo for geo in model.geos.values() if _has_line(geo, where)), None)


def _is_inside(block: Directive, where: Span) -> bool:
    return block.source.path == where.file and block.start <= where.start <= block.end


def _has_line(geo: Geo, where: Span) -> bool:
    lines = (entry.directive for entry in geo.entries())
    return any(line is not None and line.source.path == where.file and line.start == where.start for line in lines)
