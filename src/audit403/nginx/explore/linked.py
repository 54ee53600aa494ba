"""What the pages of a tree load: scripts, stylesheets, pictures; each asked for as a browser that shows the page asks.

Only pages that an ordinary visitor gets count, and only files that are there.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from posixpath import normpath
from urllib.parse import unquote

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.evidence.interface import FILE, Entry
from audit403.evidence.links import join
from audit403.explore.blocking import TreeStart
from audit403.explore.fields import with_header
from audit403.explore.ordinary import quoted
from audit403.explore.subject import PURPOSE_FILE
from audit403.http.regex import MatchFailed
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import search_locations
from audit403.nginx.explore.doors import Door, visit
from audit403.nginx.explore.mounts import Mount
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server

_PAGES = (".html", ".htm", ".xhtml")
_MOST_PAGES, _LARGEST_PAGE, _MOST_LINKS = 12, 1 << 20, 100
_MOST_OF_A_KIND = 4
_SERVED = 200
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<(script|img|source|video|audio|track|embed|iframe|link)\b([^>]{1,2000})>", re.IGNORECASE)
_ADDRESS = re.compile(r"""\b(?:src|href)\s*=\s*(?:"([^"<>]+)"|'([^'<>]+)'|([^\s"'<>=]+))""", re.IGNORECASE)
_RELATION = re.compile(r"""\brel\s*=\s*["']?([a-z -]+)""", re.IGNORECASE)
_LOADED = frozenset(("stylesheet", "icon", "apple-touch-icon", "manifest", "modulepreload", "preload", "shortcut"))
_BASE = re.compile(r"<base\b", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_MADE_LATER = ("{{", "{%", "<%", "<?", "${", "#{", "[[")


class Link(NamedTuple):
    """The request for a file that a page loads, and the page's path."""

    request: Request
    page: str


def linked(evaluator: Evaluator, server: Server, door: Door, mount: Mount, found: list[TreeStart]) -> Iterator[Link]:
    """The files of a mount that its own pages load: of each location some of each kind."""
    seen: set[str] = set()
    known: set[tuple[str, str]] = set()
    kinds: Counter[tuple[Location | None, str]] = Counter()
    exchange = Exchange(evaluator, visit(door, "/"), door.socket, server)
    for path, url in islice(_pages(found), _MOST_PAGES):
        page = visit(door, quoted(url))
        text = _text_of(evaluator, path)
        served: bool | None = None
        for uri in () if text is None else _loaded_by(text, url, known):
            if uri in seen or len(seen) >= _MOST_LINKS:
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


def _pages(found: list[TreeStart]) -> Iterator[tuple[str, str]]:
    """The pages and their URLs, those near the top first."""
    pages: list[tuple[str, str]] = []
    for one in found:
        if one.purpose != PURPOSE_FILE or one.mount is None or not one.path.lower().endswith(_PAGES):
            continue
        for member in one.members:
            url = one.url_of(member)
            if url is not None:
                pages.append((member, unquote(url, errors="surrogateescape")))
    pages.sort(key=lambda page: (page[1].count("/"), page[1]))
    yield from pages


def _text_of(evaluator: Evaluator, path: str) -> str | None:
    evidence = evaluator.evidence
    entry = evaluator.files().resolver.stat(path).entry
    if entry is None or entry.kind != FILE or entry.size > _LARGEST_PAGE:
        return None
    data = evidence.read(path)
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else None


def _loaded_by(text: str, url: str, known: set[tuple[str, str]]) -> Iterator[str]:
    """The paths of this site that a page makes a browser fetch; what pages beside it load is `known` already."""
    folder = url.rpartition("/")[0]
    if _BASE.search(text):
        return
    for tag in _TAG.finditer(_COMMENT.sub("", text)):
        relation = _RELATION.search(tag[2])
        if tag[1].lower() == "link" and (relation is None or not _LOADED & set(relation[1].lower().split())):
            continue
        address = _ADDRESS.search(tag[2])
        written = "" if address is None else (address[1] or address[2] or address[3]).strip()
        if (folder, written) not in known:
            known.add((folder, written))
            uri = _resolved(written, folder)
            if uri is not None:
                yield uri


def _resolved(written: str, folder: str) -> str | None:
    """The path that an address in a page means; None where it leads elsewhere or is made by a program."""
    path = re.split(r"[?#]", written, maxsplit=1)[0]
    if not path or path.startswith("//") or _OTHER_SCHEME.match(path) or any(mark in path for mark in _MADE_LATER):
        return None
    path = unquote(path, errors="surrogateescape")
    whole = path if path.startswith("/") else f"{folder}/{path}"
    if "\0" in whole or path.endswith("/"):
        return None
    return normpath(whole).replace("//", "/")


def _is_there(evaluator: Evaluator, mount: Mount, uri: str) -> bool:
    """Whether the mount has a file for the path."""
    if mount.pattern is not None or not uri.startswith(mount.url):
        return False
    path = join(mount.directory.rstrip("/"), uri[len(mount.url) :].lstrip("/"))
    entry: Entry | None = evaluator.files().resolver.stat(path).entry
    return entry is not None and entry.kind == FILE
