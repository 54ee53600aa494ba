"""What the pages of a tree load: scripts, stylesheets, pictures, as far as HTML or CSS says their addresses."""

import re
from collections.abc import Iterator
from posixpath import normpath
from urllib.parse import unquote

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.blocking import TreeStart
from audit403.explore.subject import PURPOSE_FILE

_PAGES = (".html", ".htm", ".xhtml")
MOST_PAGES, LARGEST_PAGE, MOST_LINKS = 12, 1 << 20, 100
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<(script|img|source|video|audio|track|embed|iframe|link)\b([^>]{1,2000})>", re.IGNORECASE)
_ADDRESS = re.compile(r"""\b(?:src|href)\s*=\s*(?:"([^"<>]+)"|'([^'<>]+)'|([^\s"'<>=]+))""", re.IGNORECASE)
_RELATION = re.compile(r"""\brel\s*=\s*["']?([a-z -]+)""", re.IGNORECASE)
_LOADED = frozenset(("stylesheet", "icon", "apple-touch-icon", "manifest", "modulepreload", "preload", "shortcut"))
_IN_A_STYLE = re.compile(r"""\burl\(\s*(?:"([^"()]+)"|'([^'()]+)'|([^\s"'()]+))\s*\)""", re.IGNORECASE)
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BASE = re.compile(r"<base\b", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_MADE_LATER = ("{{", "{%", "<%", "<?", "${", "#{", "[[")


class Link(NamedTuple):
    """The request for a file that a page loads, and the page's path."""

    request: Request
    page: str


def pages_of(found: list[TreeStart]) -> Iterator[tuple[str, str]]:
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


def loaded_by(text: str, url: str, known: set[tuple[str, str]]) -> Iterator[str]:
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


def loaded_by_style(text: str, url: str, known: set[tuple[str, str]]) -> Iterator[str]:
    """The same of a stylesheet: fonts, pictures, other styles."""
    folder = url.rpartition("/")[0]
    for address in _IN_A_STYLE.finditer(_STYLE_COMMENT.sub("", text)):
        written = (address[1] or address[2] or address[3]).strip()
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
