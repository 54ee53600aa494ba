"""Addresses such as nearly every site has, to see which of them a pattern that refuses takes along.

Whether a site has one of them is not known; that a rule against `.git` refuses /digital tells something about the rule.
"""

from collections import Counter
from collections.abc import Iterable

from audit403.explore.regex_witness import Matcher
from audit403.http.regex import MatchFailed

_PAGES = "index about contact news imprint search sitemap"
_WORDS = (
    "account archive articles bakery basket blog booking careers catalog checkout clinic clock community company "
    "conference confirm courses customers dashboard delivery developers digital district download editors education "
    "environment events executive faq features fish forum gallery github gitlab gold help highlights history hotels "
    "ideas incidents income info insights investors jobs keyboard legal legit light login logout magazine main map "
    "members mission night offers older orders original partners photos pricing privacy products profile projects "
    "publications python reports right services settings shop signup solutions sports store stories subscribe support "
    "team terms thanks tickets tours training user videos weather weddings welcome wiki"
)
_FILES = (
    "favicon.ico",
    "robots.txt",
    "sitemap.xml",
    "manifest.json",
    "style.css",
    "app.js",
    "logo.svg",
    "photo.jpg",
    "photo.jpeg",
    "picture.png",
    "picture.gif",
    "picture.webp",
    "font.woff",
    "font.woff2",
    "paper.pdf",
    "page.htm",
    "page.xhtml",
    "film.mp4",
)
NAMES = (
    *(f"/{name}.html" for name in _PAGES.split()),
    *(f"/{name}" for name in _FILES),
    *(f"/{name}" for name in _WORDS.split()),
)
_MOST = 8
_MOST_ALIKE = 2
_known: dict[tuple[str, bool], tuple[str, ...]] = {}


def ordinary_names_for(regex: Matcher) -> tuple[str, ...]:
    """Those of them that a pattern matches, and not too many."""
    key = (regex.pattern, regex.caseless)
    known = _known.get(key)
    if known is None:
        try:
            known = _some(name for name in NAMES if regex.matches(name))
        except MatchFailed:
            known = ()
        _known[key] = known
    return known


def _some(names: Iterable[str]) -> tuple[str, ...]:
    """Few of each ending."""
    found: list[str] = []
    endings: Counter[str] = Counter()
    for name in names:
        ending = name.rpartition(".")[2] if "." in name else ""
        endings[ending] += 1
        if endings[ending] <= _MOST_ALIKE and len(found) < _MOST:
            found.append(name)
    return tuple(found)
