"""What the pages of a tree load: scripts, stylesheets, pictures; each asked for as a browser that shows the page asks.

Only pages that an ordinary visitor gets count, and only files that are there.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from itertools import chain, islice
from typing import Protocol

from audit403.core.decision import Decision
from audit403.core.request import Request
from audit403.evidence.interface import FILE, Entry, Evidence
from audit403.explore.blocking import TreeStart
from audit403.explore.fields import with_header
from audit403.explore.ordinary import quoted
from audit403.explore.pages import LARGEST_PAGE, MOST_LINKS, MOST_PAGES, Link, loaded_by, loaded_by_style, pages_of

_MOST_OF_A_KIND = 4
_SERVED = 200
_STYLE = ".css"


class Linking(Protocol):
    """What a family of servers knows of a site's pages."""

    evidence: Evidence

    def visit(self, target: str) -> Request:
        """An ordinary visitor's request."""
        ...

    def decide(self, request: Request) -> Decision:
        """What the server answers."""
        ...

    def stat(self, path: str) -> Entry | None:
        """What the worker finds at a path."""
        ...

    def file_of(self, uri: str) -> str | None:
        """The path of the file for an address, whether it is there or not."""
        ...


def linked(site: Linking, place_of: Callable[[str], Hashable], found: list[TreeStart]) -> Iterator[Link]:
    """The files that the site's own pages load: of each place, as `place_of` tells them apart, some of each kind.

    What their stylesheets load comes after what they load themselves.
    """
    seen: set[str] = set()
    known: set[tuple[str, str]] = set()
    kinds: Counter[tuple[Hashable, str]] = Counter()
    styles: list[tuple[str, str]] = []
    for path, url in chain(islice(pages_of(found), MOST_PAGES), styles):
        page = site.visit(quoted(url))
        text = _text_of(site, path)
        load = loaded_by_style if url.endswith(_STYLE) else loaded_by
        served: bool | None = None
        for uri in () if text is None else load(text, url, known):
            if uri in seen or len(seen) >= MOST_LINKS:
                continue
            seen.add(uri)
            kind = (place_of(uri), uri.rpartition(".")[2])
            kinds[kind] += 1
            if kinds[kind] > _MOST_OF_A_KIND:
                continue
            file = site.file_of(uri)
            if file is None or not _is_there(site, file):
                continue
            if served is None:
                served = site.decide(page).status == _SERVED
            if served:
                yield Link(with_header(site.visit(quoted(uri)), "referer", page.url()), path)
                if uri.endswith(_STYLE):
                    styles.append((file, uri))


def _text_of(site: Linking, path: str) -> str | None:
    entry = site.stat(path)
    if entry is None or entry.kind != FILE or (entry.size or 0) > LARGEST_PAGE:
        return None
    data = site.evidence.read(path)
    return data.decode("utf-8", "replace") if isinstance(data, bytes) and len(data) <= LARGEST_PAGE else None


def _is_there(site: Linking, path: str) -> bool:
    entry = site.stat(path)
    return entry is not None and entry.kind == FILE
