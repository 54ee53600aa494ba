"""What the directory behind a refused request holds, for the rules about index files."""

from audit403.core.fact import Refusal
from audit403.nginx.explore.subject import Subject
from audit403.nginx.read.tree import Directive
from audit403_checks.directories import INDEX_NAMES


def index_candidates(subject: Subject) -> list[str]:
    """The files of the directory that look like its page and that `index` does not list."""
    listed = index_names(subject)
    return [name for name in INDEX_NAMES if name in subject.names and name not in listed]


def index_names(subject: Subject) -> list[str]:
    """The effective `index` list where the request ended."""
    context = subject.context or subject.server
    return [name for directive in context.effective("index") for name in directive.args] or ["index.html"]


def fallback_of(subject: Subject) -> Directive | None:
    """The try_files that takes a bare directory for an answer, where one stands."""
    context = subject.context
    found = [] if context is None else context.own.get("try_files", [])
    if found and any(word.endswith("/") for word in found[0].args[:-1]):
        return found[0]
    return None


def lacks_slash(refusal: Refusal, subject: Subject) -> bool:
    """Whether an alias without its last slash made the path."""
    location = subject.location
    aliases = [] if location is None else location.own.get("alias", [])
    if location is None or not aliases or not aliases[0].args:
        return False
    return location.name.endswith("/") and not aliases[0].args[0].endswith("/")
