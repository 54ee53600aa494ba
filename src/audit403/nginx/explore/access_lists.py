"""Clients that an allow/deny list names but never gets to: behind a deny that covers them, or only in a replaced list.

The trace of a request ends at the rule that decides; these are the rules behind it.
"""

from collections.abc import Iterator

from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.nginx.explore.regions import RuleTable
from audit403.nginx.model.address import UNIX, Network, parse_address
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location

AccessStart = tuple[Request, AccessRule | None, AccessRule | None]


def effective_rules(context: Context) -> list[AccessRule]:
    """The allow/deny list of a context."""
    return context.access_rules()


def levels_of(context: Context) -> list[Context]:
    """The levels whose lists a request in a context may meet: its own, and that for other methods."""
    if isinstance(context, Location) and context.limit_except is not None:
        return [context, context.limit_except]
    return [context]


def access_starts(context: Context) -> Iterator[tuple[str, AccessRule | None, AccessRule | None]]:
    """Clients that a dead allow (second) or an allow of a replaced list (third) names."""
    for level in levels_of(context):
        for rule in dead_allows(level.access_rules()):
            if rule.network is not None:
                yield inside(rule.network), rule, None
        for rule in permitted_above(level):
            if rule.network is not None and rule.network.family != UNIX:
                yield inside(rule.network), None, rule


def dead_allows(rules: list[AccessRule]) -> list[AccessRule]:
    """The allows that an earlier deny covers whole."""
    denies = RuleTable([rule for rule in rules if not rule.permits])
    position = {id(rule): index for index, rule in enumerate(rules)}
    dead: list[AccessRule] = []
    for index, rule in enumerate(rules):
        if rule.permits and rule.network is not None and rule.network.family != UNIX:
            deny = denies.covered_by(rule.network)
            if deny is not None and position[id(deny)] < index:
                dead.append(rule)
    return dead


def covers(rule: AccessRule, network: Network) -> bool:
    """Whether a rule matches every address of a network."""
    return RuleTable([rule]).covered_by(network) is not None


def permitted_above(context: Context) -> list[AccessRule]:
    """The allows of the list that the nearest one replaces, for clients that the replaced list lets in."""
    level: Context | None = context
    while level is not None and not ({"allow", "deny"} & level.own.keys()):
        level = level.parent
    if level is None or level.parent is None:
        return []
    above = level.parent.access_rules()
    table = RuleTable(above)
    return [rule for rule in above if rule.permits and rule.network is not None and _decides(table, rule)]


def _decides(table: RuleTable, rule: AccessRule) -> bool:
    """Whether a rule decides for an address of its own network."""
    if rule.network is None or rule.network.family == UNIX:
        return False
    address = parse_address(inside(rule.network))
    return address is not None and table.first(address) is rule
