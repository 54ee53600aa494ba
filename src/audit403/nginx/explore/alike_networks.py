"""Networks of allow/deny lists that one server block may have where a block that is alike has others.

A network is such a parameter when no other network, no address that exploration tries and no socket's own lies in it
or beside it: whatever address is thought of is then either outside of it in both blocks, or stands for the one at the
same distance in the other block's network.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from audit403.core.named_tuple import NamedTuple
from audit403.explore.ordinary import CLIENTS
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address, Network, parse_address, parse_network
from audit403.nginx.model.model import Model
from audit403.nginx.read.tree import Directive

_BITS = {IPV4: 32, IPV6: 128}
_LISTS = frozenset(("allow", "deny"))
_NAME_NETWORKS = ("set_real_ip_from", "geoip2_proxy")
_COMPARE = frozenset(("if", "set", "rewrite", "return", "try_files", "error_page", "auth_request", "root", "alias"))
_ABOUT_CLIENTS = ("remote_addr", "binary_remote_addr", "realip_", "proxy_protocol_addr", "proxy_add_x_forwarded_for")

Range = tuple[int, int]


class Parameters:
    """Tells which networks of the server blocks of a model are parameters."""

    def __init__(self, model: Model) -> None:
        #: Headers are about the client where real_ip may take an address out of one.
        self._about = (*_ABOUT_CLIENTS, "http_") if model.http.writes("set_real_ip_from") else _ABOUT_CLIENTS
        sources = [definition.source.variables() for definition in model.maps.values()]
        sources += [split.source.variables() for split in model.splits.values()]
        compared = any(name.startswith(self._about) for names in sources for name in names)
        #: Where addresses are compared as text, or ranges are borders too, no network is like another.
        self._none = compared or any(geo.ranges or geo.variable for geo in model.geos.values())
        fixed: dict[str, list[Range]] = {IPV4: [], IPV6: []}
        for address in (*map(parse_address, CLIENTS), *(socket.listen.address for socket in model.sockets)):
            if address is not None and address.family != UNIX:
                fixed[address.family].append((address.number, address.number))
        outer = [directive for name in (*_LISTS, *_NAME_NETWORKS) for directive in model.http.own.get(name, ())]
        for network in (*_networks(outer), *(network for geo in model.geos.values() for network in geo.networks())):
            if network.family in fixed:
                fixed[network.family].append(_bounds(network))
        self._fixed = {family: _joined(ranges) for family, ranges in fixed.items()}

    def of(self, directives: list[Directive]) -> dict[str, str]:
        """The parameters among all directives of a block by what is written there, each with a mark for it."""
        lists = [directive for directive in directives if directive.name in _LISTS]
        if self._none or not lists or any(map(self._compares, directives)):
            return {}
        others = [directive for directive in directives if directive.name in _NAME_NETWORKS]
        written = {directive.args[0]: network for directive in lists for network in _networks([directive])}
        fixed = set(_networks(others))
        alone: set[str] = set()
        for family in self._fixed:
            of_family = [(*_bounds(one), text) for text, one in written.items() if one.family == family]
            of_family += [(*_bounds(one), "") for one in fixed if one.family == family]
            alone.update(text for text in _apart(sorted(of_family)) if text and self._is_apart(written[text]))
        numbered = (text for text in written if text in alone)
        return {
            text: f"\0{written[text].family}/{written[text].prefix}/{number}\0" for number, text in enumerate(numbered)
        }

    def _compares(self, directive: Directive) -> bool:
        """Whether a directive may compare the client's address as text."""
        if directive.name not in _COMPARE:
            return False
        return any(f"${name}" in arg for arg in directive.args if "$" in arg for name in self._about)

    def _is_apart(self, network: Network) -> bool:
        """Whether the network is away from everything that all blocks share, and none that stands for IPv4 in IPv6."""
        low, high = _around(network)
        if low < 0 or high >= 1 << _BITS[network.family]:
            return False
        if network.family == IPV6 and network.number >> 32 in (0, 0xFFFF):
            return False
        starts, ends = self._fixed[network.family]
        before = bisect_right(starts, high) - 1
        return before < 0 or ends[before] < low


class Shift(NamedTuple):
    """A parameter of one block and the one that stands in its place in another."""

    old: Network
    new: Network

    def address(self, address: Address) -> Address | None:
        """The address that stands for one in the old network or beside it; None for any other."""
        low, high = _around(self.old)
        if address.family != self.old.family or not low <= address.number <= high:
            return None
        return Address(address.family, address.number - self.old.number + self.new.number)


def shifts(one: dict[str, str], other: dict[str, str]) -> dict[str, tuple[str, Shift]]:
    """What is written in one block, what stands for it in the other, and how addresses follow."""
    by_mark = {mark: text for text, mark in other.items()}
    found: dict[str, tuple[str, Shift]] = {}
    for text, mark in one.items():
        old, new = parse_network(text), parse_network(by_mark[mark])
        assert old is not None and new is not None
        found[text] = (by_mark[mark], Shift(old, new))
    return found


def _apart(ordered: list[tuple[int, int, str]]) -> Iterator[str]:
    """Of ranges in order, those with a gap on either side."""
    reached = -2
    for index, (low, high, text) in enumerate(ordered):
        following = ordered[index + 1][0] if index + 1 < len(ordered) else high + 2
        if reached < low - 1 and high + 1 < following:
            yield text
        reached = max(reached, high)


def _joined(ranges: list[Range]) -> tuple[list[int], list[int]]:
    """The starts and the ends of some ranges in order, those that overlap as one."""
    starts: list[int] = []
    ends: list[int] = []
    for low, high in sorted(ranges):
        if ends and low <= ends[-1]:
            ends[-1] = max(ends[-1], high)
        else:
            starts.append(low)
            ends.append(high)
    return starts, ends


def _networks(directives: Iterable[Directive]) -> Iterator[Network]:
    for directive in directives:
        network = parse_network(directive.args[0]) if directive.args else None
        if network is not None and network.family != UNIX:
            yield network


def _bounds(network: Network) -> Range:
    return network.number, network.number + (1 << (_BITS[network.family] - network.prefix)) - 1


def _around(network: Network) -> Range:
    low, high = _bounds(network)
    return low - 1, high + 1
