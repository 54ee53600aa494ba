"""What the directory behind a refused request holds, for the rules about index files of every family."""

import re

from audit403.core.decision import UNKNOWN
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.evidence.interface import Entry
from audit403.explore.joined_names import NamesIn
from audit403.explore.subject import PURPOSE_HOME
from audit403_checks.files.kinds import is_for_nobody
from audit403_checks.support import Listed, Refused

INDEX_NAMES = (
    "index.html",
    "index.php",
    "index.htm",
    "index.xhtml",
    "index.shtml",
    "Index.html",
    "index.HTML",
    "default.html",
    "default.htm",
    "home.html",
    "index.cgi",
    "index.pl",
    "index.py",
)
"""Names that people give to a directory's own page, the likeliest first."""

_LARGEST_PLACEHOLDER = 2_000
_UNSEEN = re.compile(
    rb"<!--.*?-->|<title>.*?</title>|<\?(?:php\b)?|\?>|/\*.*?\*/|//[^\n]*|^[ \t]*#[^\n]*"
    rb"|</?(?:!doctype|html|head|body|meta|p|h1)\b[^>]*>",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_SAYS_NO = re.compile(rb"forbidden|denied|not allowed|no direct access|silence is golden", re.IGNORECASE)
_MOST_WORDS = 12
_ERROR_PAGE = re.compile(r"(?:[45]\d[\dx]|error|maintenance)\b", re.IGNORECASE)
_PROGRAMS = (".php", ".cgi", ".pl", ".py")
_PAGES = (".html", ".htm", ".xhtml")


def has_pages(subject: Listed) -> bool:
    """Whether the directory holds pages, so that people come to it."""
    names = subject.names
    return any(map(is_page, names.ending_in(_PAGES) if isinstance(names, NamesIn) else names))


def is_page(name: str) -> bool:
    """Whether a file of this name is a page as it stands, and not one of those that the server shows for an error."""
    return name.lower().endswith(_PAGES) and _ERROR_PAGE.match(name) is None


def others_like_it(refusal: Refusal) -> str:
    """Words about the directories of the same class that were not asked for one by one; empty where there are none."""
    others = [address for address in refusal.addresses if address != refusal.witness.target]
    if refusal.places < 2 or not others:
        return ""
    return f"; {refusal.places - 1} more are like it, such as {others[0]}"


def is_in_a_closed_folder(refusal: Refusal) -> bool:
    """Whether a folder on the way says that nobody outside comes for what lies in it."""
    return any(map(is_for_nobody, refusal.witness.target.strip("/").split("/")))


def is_placeholder(site: Site, subject: Refused, name: str) -> bool:
    """Whether a page has nothing to show, or only that nobody is to look there.

    Applications put one into each folder, so that none is listed; of a home page nobody means that.
    """
    evaluator = getattr(site, "evaluator", None)
    if evaluator is None or subject.path is None or subject.purpose == PURPOSE_HOME:
        return False
    evidence, path = evaluator.files().resolver.evidence, f"{subject.path.rstrip('/')}/{name}"
    entry = evidence.entry(path)
    data = evidence.read(path) if isinstance(entry, Entry) and (entry.size or 0) <= _LARGEST_PLACEHOLDER else None
    if not isinstance(data, bytes) or len(data) > _LARGEST_PLACEHOLDER:
        return False
    shown = _UNSEEN.sub(b" ", data).split()
    return not shown or (len(shown) <= _MOST_WORDS and _SAYS_NO.search(b" ".join(shown)) is not None)


def would_give_its_text_away(site: Site, refusal: Refusal, name: str) -> bool:
    """Whether a program's file is not handed to an interpreter: to list it as an index would show its text."""
    if not name.endswith(_PROGRAMS):
        return False
    path = refusal.witness.target.partition("?")[0]
    decision = site.decide(refusal.witness._replace(target=path + name))
    return decision.handed_to is None and decision.verdict != UNKNOWN
