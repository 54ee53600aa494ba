"""What the directory behind a refused request holds, for the rules about index files."""

import re

from audit403.core.fact import Refusal
from audit403.nginx.explore.subject import Subject
from audit403.nginx.read.tree import Directive

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
_PAGES = (".html", ".htm", ".xhtml")


def index_candidates(subject: Subject) -> list[str]:
    """The files of the directory that look like its page and that `index` does not list."""
    listed = index_names(subject)
    return [name for name in INDEX_NAMES if name in subject.names and name not in listed]


def index_names(subject: Subject) -> list[str]:
    """The effective `index` list where the request ended."""
    context = subject.context or subject.server
    return [name for directive in context.effective("index") for name in directive.args] or ["index.html"]


def has_pages(subject: Subject) -> bool:
    """Whether the directory holds pages, so that people come to it."""
    return any(map(is_page, subject.names))


def is_page(name: str) -> bool:
    """Whether a file of this name is a page as it stands, and not one of those that the server shows for an error."""
    return name.lower().endswith(_PAGES) and _ERROR_PAGE.match(name) is None


def fallback_of(subject: Subject) -> Directive | None:
    """The try_files that takes a bare directory for an answer, where one stands."""
    context = subject.context
    found = [] if context is None else context.own.get("try_files", [])
    if found and any(word.endswith("/") for word in found[0].args[:-1]):
        return found[0]
    return None


def others_like_it(refusal: Refusal) -> str:
    """Words about the directories of the same class that were not asked for one by one; empty where there are none."""
    others = [address for address in refusal.addresses if address != refusal.witness.target]
    if refusal.places < 2 or not others:
        return ""
    return f"; {refusal.places - 1} more are like it, such as {others[0]}"


def lacks_slash(refusal: Refusal, subject: Subject) -> bool:
    """Whether an alias without its last slash made the path."""
    location = subject.location
    aliases = [] if location is None else location.own.get("alias", [])
    if location is None or not aliases or not aliases[0].args:
        return False
    return location.name.endswith("/") and not aliases[0].args[0].endswith("/")
