"""Whom a refusal hits, in words: which clients, and what their requests must have to be refused."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from audit403.core.decision import Decision
from audit403.core.place import Span
from audit403.explore.who import by_family
from audit403.nginx.explore.regions import RuleTable
from audit403.nginx.model.address import IPV6, UNIX, Network, parse_address
from audit403.nginx.model.context import AccessRule

_LIST_CAUSES = ("access-rule", "limit-except")
_MOST_NAMED = 4

IsRefused = Callable[[str], bool | None]
"""Whether another client is refused as well; None where it cannot ask."""


def which_clients(decision: Decision, table: RuleTable, clients: Iterable[str], is_refused: IsRefused) -> str | None:
    """The clients whom a refusal hits, of those who were asked; None where it is every one of them."""
    fates = {client: is_refused(client) for client in clients}
    asked = {client: fate for client, fate in fates.items() if fate is not None}
    if all(asked.values()):
        return None
    if decision.cause in _LIST_CAUSES:
        named = _of_list(decision, table)
        if named is not None and all(asked[client] for client in asked if named.means(client)):
            return named.words
    return by_family(asked)


class _Named:
    """A set of clients that a list names: inside some networks, or outside of them."""

    def __init__(self, words: str, networks: Sequence[Network], inside: bool) -> None:
        self.words = words
        self._networks = networks
        self._inside = inside

    def means(self, client: str) -> bool:
        address = parse_address(client)
        found = address is not None and any(network.contains(address) for network in self._networks)
        return found == self._inside


def _of_list(decision: Decision, table: RuleTable) -> _Named | None:
    """Whom an allow/deny list refuses, as far as its rules say it in few words."""
    rule = _rule_at(decision, table.rules)
    if rule is None:
        return None
    if rule.all:
        return _but_for(table, rule)
    if rule.network is None or rule.network.family == UNIX:
        return None
    earlier = table.rules[: table.rules.index(rule)]
    if any(one.permits and _meets(one, rule) for one in earlier):
        return None
    words = f"clients in {rule.directive.args[0]}"
    if rule.network.prefix == 0:
        words = "IPv6 clients" if rule.network.family == IPV6 else "IPv4 clients"
    return _Named(words, [rule.network], True)


def _but_for(table: RuleTable, refusing: AccessRule) -> _Named | None:
    """Whom a `deny all` refuses: everybody but those whom rules before it let in."""
    allowed = list(islice(dict.fromkeys(one for one, _ in table.clients(permits=True)), _MOST_NAMED + 1))
    if not allowed:
        return None
    before = table.rules[: table.rules.index(refusing)]
    networks = [one.network for one in before if one.permits and one.network is not None]
    names = ", ".join(one.directive.args[0] for one in allowed[:_MOST_NAMED])
    more = ", …" if len(allowed) > _MOST_NAMED else ""
    return _Named(f"every client but {names}{more}", networks, False)


def _meets(one: AccessRule, other: AccessRule) -> bool:
    """Whether two rules have an address in common."""
    if one.all or one.network is None or other.network is None:
        return True
    if one.network.family != other.network.family:
        return False
    wide, narrow = sorted((one.network, other.network), key=lambda network: network.prefix)
    bits = 32 if wide.family != IPV6 else 128
    return wide.number >> (bits - wide.prefix) == narrow.number >> (bits - wide.prefix)


def _rule_at(decision: Decision, rules: list[AccessRule]) -> AccessRule | None:
    where = decision.where
    if not isinstance(where, Span):
        return None
    return next(
        (one for one in rules if one.directive.start == where.start and one.directive.source.path == where.file), None
    )
