"""`geo [$address] $name { … }`: networks or ranges to values, with proxies and included files.

Truth: src/http/modules/ngx_http_geo_module.c.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.model.address import IPV4, IPV6, Address, Network, parse_address, parse_network
from audit403.nginx.model.faulty import NAME
from audit403.nginx.read.tree import Directive

_NO_ADDRESS = 0xFFFFFFFF


class GeoEntry(NamedTuple):
    """One line: the network or range as written, its value, and where it stands (None: the implied empty default)."""

    key: str
    value: str
    directive: Directive | None


_EMPTY = GeoEntry("default", "", None)


class Geo:
    """One geo block. `variable` names the variable with the address; empty means the client's address."""

    __slots__ = (
        "_networks",
        "_ranges",
        "_starts",
        "default",
        "directive",
        "problems",
        "proxies",
        "ranges",
        "recursive",
        "variable",
    )

    def __init__(self, directive: Directive, entries: Iterable[Directive]) -> None:
        self.directive = directive
        arguments = directive.args
        self.variable = arguments[0][1:].lower() if len(arguments) > 1 else ""
        self.default = _EMPTY
        self.proxies: list[Network] = []
        self.recursive = False
        self.ranges = False
        self.problems: list[tuple[Directive, str, int]] = []
        self._networks: dict[tuple[str, int], dict[int, GeoEntry]] = {}
        self._ranges: list[tuple[int, int, GeoEntry]] = []
        self._starts: list[int] | None = None
        for line in entries:
            self._add(line)

    def find(self, address: Address | None) -> GeoEntry:
        """The line that decides for an address; None is an address that could not be parsed."""
        if address is not None:
            address = address.unmapped()
        if self.ranges:
            number = address.number if address is not None and address.family == IPV4 else _NO_ADDRESS
            return self._find_range(number)
        if address is not None and address.family == IPV6:
            return self._find_network(IPV6, address.number, 128)
        number = address.number if address is not None and address.family == IPV4 else _NO_ADDRESS
        return self._find_network(IPV4, number, 32)

    def networks(self) -> list[Network]:
        """Every network that is named, for whoever looks for borders."""
        return [Network(family, number, length) for (family, length), rows in self._networks.items() for number in rows]

    def entries(self) -> Iterator[GeoEntry]:
        """Every line that may decide."""
        yield self.default
        for rows in self._networks.values():
            yield from rows.values()
        for _, _, entry in self._ranges:
            yield entry

    def range_starts(self) -> list[int]:
        """The first IPv4 address of every range and of every gap behind one."""
        return sorted({edge for start, end, _ in self._ranges for edge in (start, min(end + 1, _NO_ADDRESS))})

    def _add(self, line: Directive) -> None:
        if not line.args:
            if line.name == "ranges" and self._networks:
                message = 'the "ranges" directive must be the first directive inside "geo" block'
                self.problems.append((line, message, NAME))
                return
            self.ranges = self.ranges or line.name == "ranges"
            self.recursive = self.recursive or line.name == "proxy_recursive"
            return
        if line.name == "proxy":
            network = _network(line.args[0])
            if network is None:
                self.problems.append((line, f'invalid network "{line.args[0]}"', 0))
            else:
                self.proxies.append(network)
        elif line.name == "default" and self.ranges:
            self.default = GeoEntry("default", line.args[0], line)
        elif line.name == "default":
            # It is the network 0.0.0.0/0 and ::/0, which another line may name again or delete.
            for family in (IPV4, IPV6):
                self._networks.setdefault((family, 0), {})[0] = GeoEntry("default", line.args[0], line)
        elif self.ranges:
            self._add_range(line)
        else:
            self._add_network(line)

    def _add_network(self, line: Directive) -> None:
        delete = line.name == "delete"
        text = line.args[0] if delete else line.name
        network = _network(text)
        if network is None:
            self.problems.append((line, f'invalid network "{text}"', 0 if delete else NAME))
            return
        rows = self._networks.setdefault((network.family, network.prefix), {})
        if delete:
            rows.pop(network.number, None)
        else:
            rows[network.number] = GeoEntry(text, line.args[0], line)

    def _add_range(self, line: Directive) -> None:
        delete = line.name == "delete"
        text = line.args[0] if delete else line.name
        first, _, last = text.partition("-")
        start, end = parse_address(first), parse_address(last)
        if start is None or end is None or start.family != IPV4 or end.family != IPV4 or start.number > end.number:
            self.problems.append((line, f'invalid range "{text}"', 0 if delete else NAME))
            return
        self._starts = None
        if delete:
            self._delete_range(start.number, end.number)
            return
        overlapped = self._overlapped(start.number, end.number)
        if overlapped is not None:
            low, high = (Address(IPV4, number).text() for number in overlapped)
            self.problems.append((line, f'range "{text}" overlaps "{low}-{high}"', NAME))
            return
        self._insert_range(start.number, end.number, GeoEntry(text, line.args[0], line))

    def _overlapped(self, start: int, end: int) -> tuple[int, int] | None:
        """The part of an older range that a new one crosses, in a list of 65,536 addresses, without lying within it."""
        for low, high, _ in self._ranges:
            if high < start or low > end:
                continue
            for block in sorted({edge >> 16 for edge in (low, high, start, end)}, reverse=True):
                first, last = block << 16, block << 16 | 0xFFFF
                old = (max(low, first), min(high, last))
                new = (max(start, first), min(end, last))
                apart = new[0] > new[1] or old[0] > old[1] or new[1] < old[0] or old[1] < new[0]
                if not apart and not (old[0] <= new[0] and new[1] <= old[1]):
                    return old
        return None

    def _insert_range(self, start: int, end: int, entry: GeoEntry) -> None:
        kept: list[tuple[int, int, GeoEntry]] = []
        for low, high, old in self._ranges:
            if high < start or low > end:
                kept.append((low, high, old))
                continue
            if low < start:
                kept.append((low, start - 1, old))
            if high > end:
                kept.append((end + 1, high, old))
        kept.append((start, end, entry))
        kept.sort(key=lambda row: row[0])
        self._ranges = kept

    def _delete_range(self, start: int, end: int) -> None:
        """Take a range out: nginx keeps a list for each 65,536 addresses, and in each the pieces must be the same."""
        kept: list[tuple[int, int, GeoEntry]] = []
        for low, high, entry in self._ranges:
            if high < start or low > end:
                kept.append((low, high, entry))
                continue
            # Only the blocks in which one of the two begins or ends can hold pieces that differ.
            edges = sorted({edge >> 16 for edge in (low, high, start, end) if low >> 16 <= edge >> 16 <= high >> 16})
            stays: list[tuple[int, int]] = []
            for block in edges:
                first, last = block << 16, block << 16 | 0xFFFF
                piece = (max(low, first), min(high, last))
                if piece != (max(start, first), min(end, last)):
                    stays.append(piece)
            for before, after in pairwise(edges):
                first, last = (before + 1) << 16, (after << 16) - 1
                if first <= last and not (start <= first and last <= end):
                    stays.append((first, last))
            kept += [(first, last, entry) for first, last in sorted(stays)]
        self._ranges = sorted(kept, key=lambda row: row[0])

    def _find_range(self, number: int) -> GeoEntry:
        if self._starts is None:
            self._starts = [row[0] for row in self._ranges]
        index = bisect_right(self._starts, number) - 1
        if index >= 0 and number <= self._ranges[index][1]:
            return self._ranges[index][2]
        return self.default

    def _find_network(self, family: str, number: int, bits: int) -> GeoEntry:
        for length in range(bits, -1, -1):
            rows = self._networks.get((family, length))
            if rows:
                found = rows.get(number >> (bits - length) << (bits - length))
                if found is not None:
                    return found
        return _EMPTY


def _network(text: str) -> Network | None:
    if text == "255.255.255.255":
        return Network(IPV4, _NO_ADDRESS, 32)
    network = parse_network(text)
    return None if network is None or network.family not in (IPV4, IPV6) else network
