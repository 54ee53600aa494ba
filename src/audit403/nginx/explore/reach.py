"""Requests in which a variable has a wanted value: the way back from `$name` to what a client sends.

A variable that nginx takes from the request is set there; one that a map or geo defines is followed to its source, with
an entry that gives the value; one that `set` makes is followed to what it is set to. Whether a request has the wanted
effect is for the evaluator to say: these are proposals.
"""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.core.request import Request, Tls
from audit403.nginx.explore.doors import Door, from_client, taken_by, through
from audit403.nginx.explore.fields import (
    METHODS,
    USER_AGENTS,
    header_of,
    with_argument,
    with_cookie,
    with_credentials,
    with_header,
    with_target,
)
from audit403.nginx.explore.ordinary import CLIENTS, UNKNOWN_HOST, hosts_of
from audit403.nginx.explore.places import quoted
from audit403.nginx.explore.regex_witness import witnesses
from audit403.nginx.explore.regions import Borders
from audit403.nginx.explore.wish import Wish, anything, exactly, matching
from audit403.nginx.model.address import IPV4, IPV6, Address, Network, parse_address
from audit403.nginx.model.geo import Geo
from audit403.nginx.model.map import Map, MapEntry
from audit403.nginx.model.model import Model
from audit403.nginx.model.regex import MatchFailed, Regex
from audit403.nginx.model.rewrite_code import If, Instruction, Set
from audit403.nginx.model.server import Server
from audit403.nginx.model.template import VARIABLE, Template

_DEEPEST = 6
_MOST_STEPS = 300
_MOST_ENTRIES = 8
_MOST_CLIENTS = 12
_CERTIFICATES = (("none", "NONE"), ("verified", "SUCCESS"), ("failed", "FAILED:unable to verify the first certificate"))
_REFERERS = ("", "https://www.google.com/", "blocked")


class Reach:
    """Proposes requests to one server block; `prefix` is a path that the request should stay below."""

    def __init__(self, model: Model, server: Server, doors: list[Door]) -> None:
        self.model = model
        self.server = server
        self.doors = doors
        self._borders: dict[int, Borders] = {}
        self._steps = 0

    def requests(self, request: Request, name: str, wish: Wish, way: tuple[str, ...] = ()) -> Iterator[Request]:
        """Requests like this one in which `$name` may be what is wanted; `way` are the variables that led to it."""
        self._steps = self._steps + 1 if way else 0
        if name in way or len(way) > _DEEPEST or self._steps > _MOST_STEPS:
            return
        way = (*way, name)
        definition, geo = self.model.maps.get(name), self.model.geos.get(name)
        if definition is not None:
            yield from self._of_map(request, definition, wish, way)
        elif geo is not None:
            yield from self._of_geo(request, geo, wish, way)
        elif name in self.model.splits:
            yield from self.of_template(request, self.model.splits[name].source, anything(*map(str, range(40))), way)
        elif name in self.model.assigned:
            yield from self._of_set(request, name, wish, way)
        else:
            yield from self._of_request(request, name, wish)

    def of_template(
        self, request: Request, template: Template, wish: Wish, way: tuple[str, ...] = ()
    ) -> Iterator[Request]:
        """Requests in which a text with variables may be what is wanted."""
        names = template.variables()
        if len(template.parts) == 1 and names:
            yield from self.requests(request, names[0], wish, way)
            return
        pattern = "".join("(.*)" if part.kind == VARIABLE else re.escape(part.value) for part in template.parts)
        for text in wish.texts:
            split = re.fullmatch(pattern, text, re.DOTALL)
            if split is not None:
                yield from islice(self._all_at_once(request, names, split.groups(), way), 3)
            else:
                for name in names:
                    yield from islice(self.requests(request, name, anything(text), way), 1)

    def _all_at_once(
        self, request: Request, names: tuple[str, ...], texts: tuple[str, ...], way: tuple[str, ...]
    ) -> Iterator[Request]:
        if not names:
            yield request
            return
        for changed in islice(self.requests(request, names[0], exactly(texts[0], caseless=True), way), 3):
            yield from self._all_at_once(changed, names[1:], texts[1:], way)

    def _of_map(self, request: Request, definition: Map, wish: Wish, way: tuple[str, ...]) -> Iterator[Request]:
        plain = [
            *definition.table.exact.items(),
            *((f"www.{key}", entry) for key, entry in definition.table.heads.items()),
        ]
        plain += [(f"{key}.example", entry) for key, entry in definition.table.tails.items()]
        keys: list[tuple[str | Regex, MapEntry]] = [*plain, *definition.regexes]
        for key, _ in _of_every_value([pair for pair in keys if _may_give(pair[1], wish)]):
            source = exactly(key, caseless=True) if isinstance(key, str) else matching(key)
            yield from islice(self.of_template(request, definition.source, source, way), 4)
        if _may_give(definition.default, wish):
            other = Wish(lambda value: _is_default(definition, value), ("", "something-else", "0123456789"))
            yield from islice(self.of_template(request, definition.source, other, way), 6)

    def _of_geo(self, request: Request, geo: Geo, wish: Wish, way: tuple[str, ...]) -> Iterator[Request]:
        for client in islice(self.clients_of(geo, wish), _MOST_CLIENTS):
            if geo.variable:
                yield from islice(self.requests(request, geo.variable, exactly(client), way), 2)
            else:
                changed = from_client(request, client, self.doors)
                if changed is not None:
                    yield changed
                if geo.proxies:
                    yield with_header(request, "x-forwarded-for", client)

    def clients_of(self, geo: Geo, wish: Wish) -> Iterator[str]:
        """Addresses for which a geo block gives what is wanted; the first of each value come first."""
        borders = self._borders.get(id(geo))
        if borders is None:
            borders = self._borders[id(geo)] = Borders([*geo.networks(), *_range_edges(geo)])
        later: list[str] = []
        seen: set[str] = set()
        for address in borders.everywhere():
            value = geo.find(address).value
            if not wish.accepts(value):
                continue
            if value in seen:
                later.append(address.text())
            else:
                seen.add(value)
                yield address.text()
        yield from later

    def _of_set(self, request: Request, name: str, wish: Wish, way: tuple[str, ...]) -> Iterator[Request]:
        for instruction in sets_of(self.server, name):
            if instruction.value.literal is None:
                yield from islice(self.of_template(request, instruction.value, wish, way), 4)

    def _of_request(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        if name.startswith("arg_"):
            for text in wish.fitting(("1", "")):
                yield with_argument(request, name[4:], text)
        elif name.startswith("cookie_"):
            for text in wish.fitting(("1", "")):
                yield with_cookie(request, name[7:], text)
        elif name in ("host", "http_host"):
            yield from self._hosts(request, name, wish)
        elif name.startswith("http_") or name in ("content_type", "content_length"):
            header = header_of(name)
            for text in wish.fitting(USER_AGENTS if header == "user-agent" else ("",)):
                yield with_header(request, header, text or None)
        elif name == "request_method":
            for text in wish.fitting(METHODS):
                if text.isascii() and text.replace("-", "").replace("_", "").isalpha() and text.isupper():
                    yield request._replace(method=text)
        elif name in ("remote_addr", "binary_remote_addr", "realip_remote_addr"):
            for client in wish.fitting(tuple(_addresses(wish))):
                changed = from_client(request, client, self.doors) if parse_address(client) is not None else None
                if changed is not None:
                    yield changed
        else:
            yield from self._less_common(request, name, wish)

    def _less_common(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        path, mark, arguments = request.target.partition("?")
        if name in ("uri", "document_uri", "request_filename"):
            for text in wish.fitting(tuple(_beside(path, wish))):
                if text.startswith("/"):
                    yield with_target(request, quoted(text) + mark + arguments)
        elif name == "request_uri":
            for text in wish.fitting(tuple(_raw_targets(path, wish))):
                yield with_target(request, text)
        elif name in ("args", "query_string", "is_args"):
            for text in wish.fitting(("",)):
                yield with_target(request, f"{path}?{text}" if text else path)
        elif name in ("scheme", "https", "server_port", "server_addr"):
            for door in self.doors:
                if wish.accepts(_of_door(door, name)):
                    yield through(request, door)
        elif name == "ssl_client_verify":
            yield from self._certificates(request, wish)
        elif name == "invalid_referer":
            yield from self._referers(request)
        elif name == "remote_user":
            for text in wish.fitting(("",)):
                yield (
                    with_credentials(request, text, "password") if text else with_header(request, "authorization", None)
                )

    def _certificates(self, request: Request, wish: Wish) -> Iterator[Request]:
        secure = (
            [request] if request.tls is not None else [through(request, door) for door in self.doors if door.socket.tls]
        )
        for base in secure[:1]:
            for certificate, shown in _CERTIFICATES:
                if wish.accepts(shown) and base.tls is not None:
                    yield base._replace(tls=Tls(base.tls.sni, certificate))
        if request.tls is not None and wish.accepts(""):
            yield from (through(request, door) for door in self.doors if not door.socket.tls)

    def _hosts(self, request: Request, name: str, wish: Wish) -> Iterator[Request]:
        """Other names of this server block; a default server answers to any."""
        names = (*hosts_of(self.server), *_more_hosts(self.server, wish), UNKNOWN_HOST)
        with_ports = tuple(f"{host}:{request.port}" for host in names) if name == "http_host" else ()
        for text in wish.fitting((*names, *with_ports)):
            door = self._door_for(request, text)
            if door is not None:
                moved = through(request, door) if _kind_of(request) != door.kind else request
                tls = moved.tls if moved.tls is None else moved.tls._replace(sni=text.partition(":")[0])
                yield moved._replace(host=text, tls=tls)

    def _door_for(self, request: Request, host: str) -> Door | None:
        """A door where a host leads to this server block; the one that the request takes if it is among them."""
        fitting = [door for door in self.doors if host and taken_by(door.socket, host) is self.server]
        kind = _kind_of(request)
        return next((door for door in fitting if door.kind == kind), fitting[0] if fitting else None)

    def _referers(self, request: Request) -> Iterator[Request]:
        own = f"{request.scheme}://{request.host}/"
        for referer in (own, *_REFERERS):
            yield with_header(request, "referer", referer or None)
        for directive in self._every("valid_referers"):
            for word in directive:
                if not word.startswith("~") and word not in ("none", "blocked", "server_names"):
                    yield with_header(request, "referer", "https://" + word.replace("*", "www") + "/")
                elif word.startswith("~"):
                    yield from self._matching_referers(request, word[1:])

    def _matching_referers(self, request: Request, pattern: str) -> Iterator[Request]:
        from audit403.nginx.model.regex import InvalidRegex, compile_regex

        try:
            texts = matching(compile_regex(pattern, True)).texts
        except InvalidRegex:
            return
        for text in texts:
            yield with_header(request, "referer", f"https://{text.ljust(4, 'x')}/")

    def _every(self, name: str) -> list[list[str]]:
        """The arguments of a directive at every level of this server block and around it."""
        found: list[list[str]] = []
        pending = [*self.server.tree.all()]
        while pending:
            location = pending.pop()
            found += [directive.args for directive in location.own.get(name, ())]
            pending += location.tree.all()
        return [*found[:_MOST_ENTRIES], *(directive.args for directive in self.server.effective(name))]


def _kind_of(request: Request) -> tuple[str, bool, int]:
    return IPV6 if ":" in request.client else IPV4, request.tls is not None, request.port


def _more_hosts(server: Server, wish: Wish) -> Iterator[str]:
    """Further names that fit the server's wildcards and patterns, some of them like the texts of a wish."""
    for name in server.names:
        if name.regex is not None:
            yield from islice(witnesses(name.regex), 4)
        elif name.text is not None and name.text.startswith(("*.", ".")):
            for label in (*wish.texts, "x", "www", "m"):
                if label.strip("."):
                    yield f"{label.strip('.').lower()}.{name.text.lstrip('*.')}"
        elif name.text is not None and name.text.endswith(".*"):
            yield from (f"{name.text[:-1]}{top}" for top in ("org", "net", "x"))


def sets_of(server: Server, name: str) -> Iterator[Set]:
    """Every `set` of a variable in a server block."""
    for code in codes_of(server):
        yield from _sets_in(code, name)


def codes_of(server: Server) -> Iterator[tuple[Instruction, ...]]:
    """The rewrite code of a server block and of each location in it."""
    yield server.code
    pending = [*server.tree.all()]
    while pending:
        location = pending.pop()
        yield location.code
        pending += location.tree.all()


def _sets_in(code: tuple[Instruction, ...], name: str) -> Iterator[Set]:
    for instruction in code:
        if isinstance(instruction, Set) and instruction.name == name:
            yield instruction
        elif isinstance(instruction, If):
            yield from _sets_in(instruction.body, name)


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


def _range_edges(geo: Geo) -> list[Network]:
    return [Network(IPV4, number, 32) for number in geo.range_starts()] if geo.ranges else []


def _addresses(wish: Wish) -> Iterator[str]:
    """Ordinary addresses, and what begins or ends like the texts of a wish."""
    yield from CLIENTS
    for text in wish.texts:
        digits = text.strip(".:")
        if digits and all(part.isdigit() for part in digits.split(".")):
            parts = digits.split(".")
            yield ".".join([*parts, *("1" * (4 - len(parts)))])
            yield ".".join([*("10", "1", "1")[: 4 - len(parts)], *parts])
        elif ":" in text:
            yield f"{text.strip(':')}::1"
    for first in (11, 100, 192, 203):
        for last in (1, 77, 254):
            yield Address(IPV4, first << 24 | 168 << 16 | 2 << 8 | last).text()


def _beside(path: str, wish: Wish) -> Iterator[str]:
    """Paths at and below this one, made with the texts of a wish."""
    folder = path.rpartition("/")[0]
    yield path
    for text in wish.texts:
        yield f"{path.rstrip('/')}/{text.lstrip('/')}"
        yield f"{path}{text}"
        yield f"{folder}/{text.lstrip('/')}"
        yield f"{folder}/a{text}"
        yield f"/{text.lstrip('/')}"
        yield f"/a{text}"
    yield f"{folder}/"
    yield f"{folder}/something-else"


def _raw_targets(path: str, wish: Wish) -> Iterator[str]:
    yield path
    for text in wish.texts:
        if all("!" <= character <= "~" for character in text):
            yield f"{path}{text}"
            yield f"{path}?{text}"
            yield f"{path.rstrip('/')}/{text.lstrip('/')}"
            yield f"/{text.lstrip('/')}"


def _of_door(door: Door, name: str) -> str:
    socket = door.socket
    if name == "scheme":
        return "https" if socket.tls else "http"
    if name == "https":
        return "on" if socket.tls else ""
    if name == "server_port":
        return str(socket.listen.port)
    return "" if socket.listen.address is None else socket.listen.address.text()
