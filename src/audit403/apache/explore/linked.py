"""What the pages of a tree load, each asked for as a browser that shows the page asks."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.doors import Door, visit
from audit403.apache.explore.mounts import Mount
from audit403.core.open_question import Undecided
from audit403.evidence.interface import FILE
from audit403.explore.blocking import TreeStart
from audit403.explore.fields import with_header
from audit403.explore.ordinary import quoted
from audit403.explore.pages import LARGEST_PAGE, MOST_LINKS, MOST_PAGES, Link, loaded_by, pages_of

_MOST_OF_A_KIND = 4
_SERVED = 200


def linked(evaluator: Evaluator, door: Door, mounts: list[Mount], found: list[TreeStart]) -> Iterator[Link]:
    """The files that the site's own pages load: of each folder some of each kind."""
    seen: set[str] = set()
    known: set[tuple[str, str]] = set()
    kinds: Counter[tuple[str, str]] = Counter()
    for path, url in islice(pages_of(found), MOST_PAGES):
        page = visit(door, quoted(url))
        text = _text_of(evaluator, path)
        served: bool | None = None
        for uri in () if text is None else loaded_by(text, url, known):
            if uri in seen or len(seen) >= MOST_LINKS:
                continue
            seen.add(uri)
            kind = (uri.rpartition("/")[0], uri.rpartition(".")[2])
            kinds[kind] += 1
            if kinds[kind] > _MOST_OF_A_KIND or not _is_there(evaluator, mounts, uri):
                continue
            if served is None:
                served = evaluator.decide(page).status == _SERVED
            if served:
                yield Link(with_header(visit(door, quoted(uri)), "referer", page.url()), path)


def _text_of(evaluator: Evaluator, path: str) -> str | None:
    try:
        entry = evaluator.files().stat(path).entry
    except Undecided:
        return None
    if entry is None or entry.kind != FILE or entry.size > LARGEST_PAGE:
        return None
    data = evaluator.evidence.read(path)
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else None


def _is_there(evaluator: Evaluator, mounts: list[Mount], uri: str) -> bool:
    """Whether there is a file for a path; mounts with longer names come first."""
    for mount in mounts:
        stem = mount.url.rstrip("/")
        if uri.startswith(f"{stem}/"):
            entry = evaluator.files().stat(f"{mount.directory.rstrip('/')}/{uri[len(stem) + 1 :]}").entry
            return entry is not None and entry.kind == FILE
    return False
