"""Which rule or network decides for an address, and addresses on either side of every border.

The tables keep one dictionary a prefix length, so that a list of thousands of networks costs no more for each address
than a short one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from audit403.nginx.explore.ordinary import CLIENTS
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address, Network, parse_address
from audit403.nginx.model.context import AccessRule

_BITS = {IPV4: 32, IPV6: 128}
_MOST_CANDIDATES = 40


class Borders:
    """Addresses beside the borders of some networks."""

    def __init__(self, networks: Iterable[Network]) -> None:
        edges: dict[str, set[int]] = {IPV4: set(), IPV6: set()}
        for network in networks:
            if network.family != UNIX:
                edges[network.family].update(_edges(network))
        self._edges = {family: sorted(numbers) for family, numbers in edges.items()}

    def inside(self, network: Network) -> Iterator[Address]:
        """Addresses of a network: an ordinary one, its second, and those beside what else has a border inside it."""
        low, high = _bounds(network)
        for ordinary in ordinary_addresses():
            if ordinary.family == network.family and low <= ordinary.number <= high:
                yield ordinary
        for number in dict.fromkeys((min(low + 1, high), low, high)):
            yield Address(network.family, number)
        edges = self._edges[network.family]
        for index in range(bisect_left(edges, low), len(edges))[:_MOST_CANDIDATES]:
            if edges[index] > high:
                break
            yield Address(network.family, edges[index])

    def everywhere(self) -> Iterator[Address]:
        """Ordinary addresses, and those beside every border: somebody of every region between two borders."""
        yield from ordinary_addresses()
        for family, edges in self._edges.items():
            for number in edges:
                yield Address(family, number)


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


_ordinary: list[Address] = []


def ordinary_addresses() -> list[Address]:
    """Addresses of ordinary clients."""
    if not _ordinary:
        _ordinary.extend(address for address in map(parse_address, CLIENTS) if address is not None)
    return _ordinary


def inside(network: Network) -> str:
    """An address of a network: its second one where it has more than one."""
    return Address(network.family, network.number + (1 if network.prefix < _BITS[network.family] - 1 else 0)).text()


def _bounds(network: Network) -> tuple[int, int]:
    return network.number, network.number + (1 << (_BITS[network.family] - network.prefix)) - 1


def _edges(network: Network) -> Iterator[int]:
    low, high = _bounds(network)
    last = (1 << _BITS[network.family]) - 2
    return (number for number in (low - 1, low, high, high + 1) if 0 < number <= last)
