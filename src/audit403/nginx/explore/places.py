"""The places of a configuration from which exploration starts: one ordinary request and more a location.

Every start says why it is asked, because a refusal of a home page is not judged like that of a made-up file.
"""

from collections.abc import Callable, Iterator
from itertools import chain, islice

from audit403.core.family import NotAudited
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.ordinary import CHALLENGE, PROBE, quoted
from audit403.explore.regex_witness import exceptions, witnesses
from audit403.explore.subject import (
    PURPOSE_CERTIFICATE,
    PURPOSE_EXCEPTION,
    PURPOSE_HOME,
    PURPOSE_ORDINARY,
    PURPOSE_PAGE,
    PURPOSE_PROBE,
)
from audit403.http.regex import MatchFailed
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import search_locations
from audit403.nginx.explore.doors import Door, visit
from audit403.nginx.model.location import Location, every_location
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

_MOST_OUTER = 3
_MOST_INNER = 6
_MOST_BESIDE = 20


class Start(NamedTuple):
    """One request to begin with, its socket, why it is asked, the server block and location that it is for.

    `page` is the file that makes browsers ask, where one does.
    """

    request: Request
    socket: Socket
    purpose: str
    server: Server
    meant: Location | None = None
    page: str | None = None


class Seen(NamedTuple):
    """What is known once a start was explored: whether a location was come to, and whether files were looked at."""

    has_entered: Callable[[Location], bool]
    looked_at_files: Callable[[], bool]


def starts(
    evaluator: Evaluator, server: Server, doors: list[Door], seen: Seen, missed: list[NotAudited]
) -> Iterator[Start]:
    """Every start of a server block, each made when the one before was explored.

    A location for which no URI could be made goes to `missed`.
    """
    for door in doors:
        yield Start(visit(door, "/"), door.socket, PURPOSE_HOME, server)
    door = doors[0]
    yield Start(visit(door, f"/{PROBE}"), door.socket, PURPOSE_PROBE, server)
    yield Start(visit(door, CHALLENGE), door.socket, PURPOSE_CERTIFICATE, server)
    exchange = Exchange(evaluator, visit(door, "/"), door.socket, server)
    for location in every_location(server.tree):
        for uri, purpose in _uris(exchange, location, seen, missed):
            yield Start(visit(door, quoted(uri)), door.socket, purpose, server, location)


def _uris(exchange: Exchange, location: Location, seen: Seen, missed: list[NotAudited]) -> Iterator[tuple[str, str]]:
    """URIs that a location takes: its own name and something below it, or what its pattern matches."""
    if location.named:
        return
    if location.regex is not None:
        yield from ((uri, PURPOSE_PROBE) for uri in _for_pattern(exchange, location, seen, missed))
        if "deny" in location.own or "return" in location.own:
            yield from _taken_along(exchange, location)
        return
    if not location.name.startswith("/"):
        return
    files = True
    if location.name != "/":
        yield location.name, PURPOSE_PAGE
        files = seen.looked_at_files()
    if location.exact:
        return
    stem = location.name.rstrip("/")
    if location.name != "/" and (files or not seen.has_entered(location)):
        yield f"{stem}/{PROBE}", PURPOSE_PROBE
    if not seen.has_entered(location):
        more = (f"{location.name}a", f"{stem}/a/", f"{stem}/a.b", f"{stem}/a/b.c")
        made = next((uri for uri in more if _takes(exchange, location, uri)), None)
        if made is not None:
            yield made, PURPOSE_PROBE


def _for_pattern(exchange: Exchange, location: Location, seen: Seen, missed: list[NotAudited]) -> Iterator[str]:
    """A URI that a location's pattern matches and that no other location takes; and one that names a directory."""
    first = made = next(_matched_by(location, "/"), None)
    if first is not None:
        yield first
    if not seen.has_entered(location):
        others = (_matched_by(location, "/"), _below_others(location), _in_another_case(location))
        more = islice(chain.from_iterable(others), 1, None)
        made = next((uri for uri in more if _takes(exchange, location, uri)), first)
        if made is not None and made != first:
            yield made
    if made is None:
        missed.append(NotAudited(location.label(), "no URI could be made that its pattern matches"))
    elif not made.endswith("/") and seen.looked_at_files():
        folder = next((uri for uri in (f"{made}/", f"{made}a/") if _takes(exchange, location, uri)), None)
        if folder is not None:
            yield folder


def uris_of(location: Location) -> Iterator[str]:
    """URIs of several kinds that a location may take."""
    if location.regex is not None:
        yield from _matched_by(location, "/")
    elif location.exact:
        yield location.name
    elif location.name.startswith("/"):
        stem = location.name.rstrip("/")
        yield from (location.name, f"{stem}/{PROBE}", f"{stem}/a/", f"{stem}/a.b", f"{stem}/a/b.c")


def _taken_along(exchange: Exchange, location: Location) -> Iterator[tuple[str, str]]:
    """Ordinary addresses that a pattern which refuses matches, and those that it names as its exceptions."""
    from audit403.explore.ordinary_names import ordinary_names_for

    assert location.regex is not None
    for uri in ordinary_names_for(location.regex):
        if _takes(exchange, location, uri):
            yield uri, PURPOSE_ORDINARY
    for uri in exceptions(location.regex):
        if _takes(exchange, location, uri):
            yield uri, PURPOSE_EXCEPTION


def _below_others(location: Location) -> Iterator[str]:
    """URIs that the pattern matches below the locations beside it."""
    owner = location.parent
    if isinstance(owner, Server | Location):
        for other in islice(owner.tree.prefixes.values(), _MOST_BESIDE):
            if not other.no_regex:
                yield from _matched_by(location, other.name)


def _in_another_case(location: Location) -> Iterator[str]:
    """URIs that a caseless pattern matches where others, which go by the case, do not."""
    if location.regex is not None and location.regex.caseless:
        yield from (uri.upper() for uri in _matched_by(location, "/"))


def _matched_by(location: Location, prefix: str) -> Iterator[str]:
    """URIs that the patterns of a location and of those around it match."""
    assert location.regex is not None
    parent = location.parent
    outer = [""]
    if isinstance(parent, Location) and parent.regex is None:
        prefix = prefix if prefix.startswith(parent.name) else parent.name
    elif isinstance(parent, Location):
        outer = list(islice(_matched_by(parent, prefix), _MOST_OUTER))
    for text in islice(witnesses(location.regex, prefix), _MOST_INNER):
        for around in outer:
            for made in _together(around, text):
                if made.startswith("/") and "//" not in made and "/../" not in made:  # nginx would rewrite those
                    yield made


def _together(around: str, text: str) -> tuple[str, ...]:
    """A text for an inner pattern put together with one for the pattern around it, in every order."""
    if not around:
        return (text,)
    bare = text.removeprefix("/a")
    return around, text, f"{around}{bare}", f"{around.rstrip('/')}{text}", f"{text.rstrip('/')}{around}"


def _takes(exchange: Exchange, location: Location, uri: str) -> bool:
    exchange.uri = uri
    exchange.steps.clear()
    try:
        return search_locations(exchange) is location
    except MatchFailed:
        return False
