"""Addresses on either side of the borders of some networks."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from audit403.explore.ordinary import CLIENTS
from audit403.explore.wish import Wish
from audit403.http.address import IPV4, IPV6, UNIX, Address, Network, parse_plain

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


_ordinary: list[Address] = []


def ordinary_addresses() -> list[Address]:
    """Addresses of ordinary clients."""
    if not _ordinary:
        _ordinary.extend(address for address in map(parse_plain, CLIENTS) if address is not None)
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


def addresses_like(wish: Wish) -> Iterator[str]:
    """Ordinary addresses, and what begins or ends like the texts of a wish, in their plain form."""
    texts = [*_like(wish), *CLIENTS]
    for first in (11, 100, 192, 203):
        texts += (Address(IPV4, first << 24 | 168 << 16 | 2 << 8 | last).text() for last in (1, 77, 254))
    addresses = (parse_plain(text) for text in texts)
    yield from dict.fromkeys(address.text() for address in addresses if address is not None)


def _like(wish: Wish) -> Iterator[str]:
    for text in wish.texts:
        digits = text.strip(".:")
        if digits and all(part.isdigit() for part in digits.split(".")):
            parts = digits.split(".")
            yield ".".join([*parts, *("1" * (4 - len(parts)))])
            yield ".".join([*("10", "1", "1")[: 4 - len(parts)], *parts])
        elif ":" in text:
            yield text
            yield f"{text.strip(':')}::1"
