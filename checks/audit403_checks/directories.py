"""What the directory behind a refused request holds, for the rules about index files of every family."""

import re

from audit403.core.decision import UNKNOWN
from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403_checks.files.kinds import is_for_nobody
from audit403_checks.support import Listed

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

_ERROR_PAGE = re.compile(r"(?:[45]\d[\dx]|error|maintenance)\b", re.IGNORECASE)
_PROGRAMS = (".php", ".cgi", ".pl", ".py")
_PAGES = (".html", ".htm", ".xhtml")


def has_pages(subject: Listed) -> bool:
    """Whether the directory holds pages, so that people come to it."""
    return any(map(is_page, subject.names))


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


def would_give_its_text_away(site: Site, refusal: Refusal, name: str) -> bool:
    """Whether a program's file is not handed to an interpreter: to list it as an index would show its text."""
    if not name.endswith(_PROGRAMS):
        return False
    path = refusal.witness.target.partition("?")[0]
    decision = site.decide(refusal.witness._replace(target=path + name))
    return decision.handed_to is None and decision.verdict != UNKNOWN
