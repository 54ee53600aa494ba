"""The way back through map, geo and split_clients: keys, addresses and texts that give a wanted value."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from audit403.core.request import Request
from audit403.explore.borders import Borders, inside
from audit403.explore.fields import with_header
from audit403.explore.ordinary import CLIENTS
from audit403.explore.wish import Wish, exactly, matching
from audit403.http.regex import MatchFailed, Regex
from audit403.nginx.explore.doors import from_client
from audit403.nginx.explore.point import Point
from audit403.nginx.model.address import Network, parse_address, parse_network
from audit403.nginx.model.geo import Geo
from audit403.nginx.model.map import Map, MapEntry
from audit403.nginx.model.model import Model
from audit403.nginx.model.split_clients import SplitClients

if TYPE_CHECKING:
    from audit403.nginx.explore.reach import Reach

_MOST_ENTRIES = 8
_MOST_VALUES = 30
_MOST_CLIENTS = 12
_OF_ONE_VALUE = 3
_MOST_DRAWS = 3_000
_DEFAULT_TEXTS = ("", "something-else", "0123456789")


class Tables:
    """The tables of one model; what is worked out for a geo block is kept for all server blocks."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._clients: dict[int, dict[str, list[str]]] = {}

    def clients_of(self, geo: Geo, wish: Wish) -> Iterator[str]:
        """Addresses for which a geo block gives what is wanted; the first of each value come first."""
        known = self._clients.get(id(geo))
        if known is None:
            known = self._clients[id(geo)] = _clients_by_value(geo)
        fitting = [addresses for value, addresses in known.items() if wish.accepts(value)]
        for index in range(_OF_ONE_VALUE):
            yield from (addresses[index] for addresses in fitting if index < len(addresses))

    def values(self, name: str) -> tuple[str, ...] | None:
        """The values that a table may give; None where one of them is made of variables, or there are too many."""
        definition, geo, split = self.model.maps.get(name), self.model.geos.get(name), self.model.splits.get(name)
        found: dict[str | None, None] = {}
        if definition is not None:
            found = dict.fromkeys(entry.value.literal for entry in entries_of(definition))
        elif geo is not None:
            found = dict.fromkeys(entry.value for entry in geo.entries())
        elif split is not None:
            found = dict.fromkeys(value for _, value, _ in split.parts)
        if not found or None in found or len(found) > _MOST_VALUES:
            return None
        return tuple(value for value in found if value is not None)


def of_map(reach: "Reach", at: Point, definition: Map, wish: Wish) -> Iterator[Request]:
    """Requests for which a map may give what is wanted: a key of each value first, then the default."""
    keys: list[tuple[str | Regex, MapEntry]] = [*_plain_keys(definition), *definition.regexes]
    for key, _ in _of_every_value([pair for pair in keys if _may_give(pair[1], wish)]):
        source = exactly(key, caseless=True) if isinstance(key, str) else matching(key)
        yield from islice(reach.of_template(at, definition.source, source), 4)
    if _may_give(definition.default, wish):
        other = Wish(lambda value: _is_default(definition, value), _DEFAULT_TEXTS)
        yield from islice(reach.of_template(at, definition.source, other), 6)


def of_geo(reach: "Reach", at: Point, geo: Geo, wish: Wish) -> Iterator[Request]:
    """Requests from an address for which a geo block gives what is wanted."""
    for client in islice(reach.tables.clients_of(geo, wish), _MOST_CLIENTS):
        if geo.variable:
            yield from islice(reach.requests(at, geo.variable, exactly(client)), 2)
        else:
            changed = from_client(at.request, client, reach.doors)
            if changed is not None:
                yield changed
            if geo.proxies:
                yield with_header(at.request, "x-forwarded-for", client)


def of_split(reach: "Reach", at: Point, split: SplitClients, wish: Wish) -> Iterator[Request]:
    """Requests that fall into a part whose value is wanted: other texts are drawn for what is hashed."""
    for name in split.source.variables():
        for number in range(_MOST_DRAWS):
            text = f"203.0.{113 - number // 250}.{number % 250 + 1}" if name.endswith("_addr") else f"visitor-{number}"
            for request in islice(reach.requests(at, name, exactly(text)), 1):
                value = reach.value_of_split(request, split)
                if value is not None and wish.accepts(value):
                    yield request


def entries_of(definition: Map) -> Iterator[MapEntry]:
    """Every line of a map, its default the last."""
    yield from definition.table.exact.values()
    yield from definition.table.heads.values()
    yield from definition.table.tails.values()
    yield from (entry for _, entry in definition.regexes)
    yield definition.default


def _plain_keys(definition: Map) -> Iterator[tuple[str, MapEntry]]:
    table = definition.table
    yield from table.exact.items()
    yield from ((f"www.{key}", entry) for key, entry in table.heads.items())
    yield from ((f"{key}.example", entry) for key, entry in table.tails.items())


def _may_give(entry: MapEntry, wish: Wish) -> bool:
    return entry.value.literal is None or wish.accepts(entry.value.literal)


def _is_default(definition: Map, value: str) -> bool:
    if definition.table.find(value.lower()) is not None:
        return False
    try:
        return not any(regex.matches(value) for regex, _ in definition.regexes)
    except MatchFailed:
        return False


def _of_every_value(entries: list[tuple[str | Regex, MapEntry]]) -> list[tuple[str | Regex, MapEntry]]:
    """The first entries of each value before the others, and not too many."""
    seen: set[str] = set()
    first: list[tuple[str | Regex, MapEntry]] = []
    others: list[tuple[str | Regex, MapEntry]] = []
    for pair in entries:
        value = pair[1].value.source
        (others if value in seen else first).append(pair)
        seen.add(value)
    return [*first, *others][:_MOST_ENTRIES]


def _clients_by_value(geo: Geo) -> dict[str, list[str]]:
    """For each value some addresses that give it, ordinary ones first; one look-up a line, however many there are."""
    found: dict[str, list[str]] = {}
    for client in CLIENTS:
        _note(found, geo, client)
    hidden: list[Network] = []
    for entry in geo.entries():
        if len(found.get(entry.value, ())) >= _OF_ONE_VALUE:
            continue
        first, _, _ = entry.key.partition("-")
        network = parse_network(first)
        if network is not None:
            _note(found, geo, inside(network))
            if entry.value not in found:
                hidden.append(network)  # another line takes that address
    borders = Borders(geo.networks()) if hidden else None
    for network in hidden:
        for address in borders.inside(network) if borders is not None else ():
            _note(found, geo, address.text())
    return found


def _note(found: dict[str, list[str]], geo: Geo, client: str) -> None:
    known = found.setdefault(geo.find(parse_address(client)).value, [])
    if len(known) < _OF_ONE_VALUE and client not in known:
        known.append(client)
