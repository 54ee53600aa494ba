"""Clients that an allow/deny list names but never gets to: behind a deny that covers them, or only in a replaced list.

The trace of a request ends at the rule that decides; these are the rules behind it.
"""

from collections.abc import Iterator

from audit403.core.request import Request
from audit403.nginx.explore.flips import inside
from audit403.nginx.model.address import UNIX, Network, parse_address
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location

AccessStart = tuple[Request, AccessRule | None, AccessRule | None]


def effective_rules(context: Context) -> list[AccessRule]:
    """The allow/deny list of a context."""
    return context.access_rules()


def access_starts(context: Context, request: Request) -> Iterator[AccessStart]:
    """Requests from clients that a dead allow (second) or an allow of a replaced list (third) names."""
    lists = [context]
    if isinstance(context, Location) and context.limit_except is not None:
        lists.append(context.limit_except)
    for level in lists:
        rules = level.access_rules()
        for rule in dead_allows(rules):
            if rule.network is not None:
                yield request._replace(client=inside(rule.network)), rule, None
        for rule in permitted_above(level):
            if rule.network is not None and rule.network.family != UNIX:
                yield request._replace(client=inside(rule.network)), None, rule


def dead_allows(rules: list[AccessRule]) -> list[AccessRule]:
    """The allows that an earlier deny covers whole."""
    dead: list[AccessRule] = []
    for index, rule in enumerate(rules):
        if rule.permits and rule.network is not None and rule.network.family != UNIX:
            earlier = rules[:index]
            if any(not other.permits and covers(other, rule.network) for other in earlier):
                dead.append(rule)
    return dead


def covers(rule: AccessRule, network: Network) -> bool:
    """Whether a rule matches every address of a network."""
    if rule.all:
        return True
    mine = rule.network
    if mine is None or mine.family != network.family or mine.prefix > network.prefix:
        return False
    bits = 32 if network.family == "ipv4" else 128
    return mine.number >> (bits - mine.prefix) == network.number >> (bits - mine.prefix)


def permitted_above(context: Context) -> list[AccessRule]:
    """The allows of the list that the nearest one replaces, for clients that the replaced list lets in."""
    level: Context | None = context
    while level is not None and not ({"allow", "deny"} & level.own.keys()):
        level = level.parent
    if level is None or level.parent is None:
        return []
    above = level.parent.access_rules()
    return [
        rule for rule in above if rule.permits and rule.network is not None and first_match(above, rule.network) is rule
    ]


def first_match(rules: list[AccessRule], network: Network) -> AccessRule | None:
    """The rule that decides for an address inside a network."""
    if network.family == UNIX:
        return None
    address = parse_address(inside(network))
    for rule in rules:
        if rule.all or (rule.network is not None and address is not None and rule.network.contains(address)):
            return rule
    return None
