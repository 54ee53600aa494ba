"""What the pages of a tree load: scripts, stylesheets, pictures; each asked for as a browser that shows the page asks.

Only pages that an ordinary visitor gets count, and only files that are there.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from audit403.evidence.interface import FILE, Entry
from audit403.evidence.links import join
from audit403.explore.blocking import TreeStart
from audit403.explore.fields import with_header
from audit403.explore.ordinary import quoted
from audit403.explore.pages import LARGEST_PAGE, MOST_LINKS, MOST_PAGES, Link, loaded_by, pages_of
from audit403.http.regex import MatchFailed
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import search_locations
from audit403.nginx.explore.doors import Door, visit
from audit403.nginx.explore.mounts import Mount
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server

_MOST_OF_A_KIND = 4
_SERVED = 200


def linked(evaluator: Evaluator, server: Server, door: Door, mount: Mount, found: list[TreeStart]) -> Iterator[Link]:
    """The files of a mount that its own pages load: of each location some of each kind."""
    seen: set[str] = set()
    known: set[tuple[str, str]] = set()
    kinds: Counter[tuple[Location | None, str]] = Counter()
    exchange = Exchange(evaluator, visit(door, "/"), door.socket, server)
    for path, url in islice(pages_of(found), MOST_PAGES):
        page = visit(door, quoted(url))
        text = _text_of(evaluator, path)
        served: bool | None = None
        for uri in () if text is None else loaded_by(text, url, known):
            if uri in seen or len(seen) >= MOST_LINKS:
                continue
            seen.add(uri)
            kind = (_location(exchange, uri), uri.rpartition(".")[2])
            kinds[kind] += 1
            if kinds[kind] > _MOST_OF_A_KIND or not _is_there(evaluator, mount, uri):
                continue
            if served is None:
                served = evaluator.decide(page).status == _SERVED
            if served:
                yield Link(with_header(visit(door, quoted(uri)), "referer", page.url()), path)


def _location(exchange: Exchange, uri: str) -> Location | None:
    exchange.uri = uri
    exchange.steps.clear()
    try:
        return search_locations(exchange)
    except MatchFailed:
        return None


def _text_of(evaluator: Evaluator, path: str) -> str | None:
    evidence = evaluator.evidence
    entry = evaluator.files().resolver.stat(path).entry
    if entry is None or entry.kind != FILE or entry.size > LARGEST_PAGE:
        return None
    data = evidence.read(path)
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else None


def _is_there(evaluator: Evaluator, mount: Mount, uri: str) -> bool:
    """Whether the mount has a file for the path."""
    if mount.pattern is not None or not uri.startswith(mount.url):
        return False
    path = join(mount.directory.rstrip("/"), uri[len(mount.url) :].lstrip("/"))
    entry: Entry | None = evaluator.files().resolver.stat(path).entry
    return entry is not None and entry.kind == FILE
