"""Which rule or network decides for an address, and addresses on either side of every border.

The tables keep one dictionary a prefix length, so that a list of thousands of networks costs no more for each address
than a short one.
"""

from collections.abc import Iterator

from audit403.explore.borders import Borders
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address, Network
from audit403.nginx.model.context import AccessRule

_BITS = {IPV4: 32, IPV6: 128}
_MOST_CANDIDATES = 40


class RuleTable:
    """An allow/deny list that is asked often: the first rule that takes an address."""

    def __init__(self, rules: list[AccessRule]) -> None:
        self.rules = rules
        self._all: int | None = None
        self._rows: dict[tuple[str, int], dict[int, int]] = {}
        for index, rule in enumerate(rules):
            network = rule.network
            if rule.all:
                self._all = index if self._all is None else self._all
            elif network is not None:
                self._rows.setdefault((network.family, network.prefix), {}).setdefault(network.number, index)
        self._borders: Borders | None = None

    def first(self, address: Address) -> AccessRule | None:
        """The rule that decides for an address."""
        found = self._covering(address.family, address.number, _BITS.get(address.family, 0))
        return None if found is None else self.rules[found]

    def covered_by(self, network: Network) -> AccessRule | None:
        """The first rule that takes the whole network."""
        found = self._covering(network.family, network.number, network.prefix)
        return None if found is None else self.rules[found]

    def borders(self) -> Borders:
        """Addresses beside the borders of the list's networks."""
        if self._borders is None:
            self._borders = Borders(rule.network for rule in self.rules if rule.network is not None)
        return self._borders

    def clients_of(self, rule: AccessRule) -> list[Address]:
        """An address of each family for which this rule decides; those that were found."""
        if rule.network is not None and rule.network.family == UNIX:
            return []
        candidates = self.borders().everywhere() if rule.network is None else self.borders().inside(rule.network)
        found: dict[str, Address] = {}
        for address in candidates:
            if address.family not in found and self.first(address) is rule:
                found[address.family] = address
                if rule.network is not None or len(found) == len(_BITS):
                    break
        return list(found.values())

    def clients(self, permits: bool, among: list[AccessRule] | None = None) -> Iterator[tuple[AccessRule, str]]:
        """For each rule of one kind that decides for anybody, somebody of each family."""
        for rule in self.rules if among is None else among:
            if rule.permits == permits:
                for address in self.clients_of(rule):
                    yield rule, address.text()

    def passing(self) -> Iterator[str]:
        """Clients that the list lets through: somebody of each family for each allow, and whom no rule speaks of."""
        found: set[tuple[int | None, str]] = set()
        for number, address in enumerate(self.borders().everywhere()):
            if found and number > _MOST_CANDIDATES:
                break
            rule = self.first(address)
            key = (None if rule is None else id(rule), address.family)
            if (rule is None or rule.permits) and key not in found:
                found.add(key)
                yield address.text()
        for rule, client in self.clients(permits=True):
            if (id(rule), IPV6 if ":" in client else IPV4) not in found:
                yield client

    def _covering(self, family: str, number: int, longest: int) -> int | None:
        best = self._all
        for (row_family, prefix), rows in self._rows.items():
            if row_family != family or prefix > longest:
                continue
            shift = _BITS.get(family, 0) - prefix
            index = rows.get(number >> shift << shift)
            if index is not None and (best is None or index < best):
                best = index
        return best
