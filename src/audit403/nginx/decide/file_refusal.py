"""A 403 that the file system makes: which mechanism refuses, in whose words, and what asked for the file."""

from errno import EACCES

from audit403.core.place import Because, PathPlace
from audit403.evidence.interface import DIRECTORY
from audit403.files.resolve import NEED_FOLLOW, NEED_LOOP, NEED_READ, NEED_SEARCH
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.worker_files import ERRNO_TEXT, Opened
from audit403.nginx.read.tree import Directive

_REASONS = {
    "search": "the worker may not search this directory",
    "read": "the worker may not read this",
    "write": "the worker may not write here",
    "follow": "this symlink may not be followed",
    "loop": "these symlinks go round in a circle",
    "delete": "the worker may not delete this",
}


def refused_by_file(exchange: Exchange, opened: Opened, path: str, log: str | None, asking: Directive | None) -> None:
    """Record why a file or directory is refused; `asking` is the directive that led to it."""
    place = PathPlace(path) if opened.blocker is None else opened.blocker.place
    cause = refusal_cause(opened)
    also = () if asking is None else (Because(asking.span, f"leads to {path}"),)
    rule = exchange.context.last("disable_symlinks") if cause == "symlink-refused" else None
    if rule is not None:
        also = (Because(rule.span, "lets nobody follow it"), *also)
    exchange.decided(cause, place, refusal_reason(opened), log=log, also=also)


def refusal_cause(opened: Opened) -> str:
    """The mechanism's name: what the component that refuses lacks, or which rule about links it is."""
    need = NEED_READ if opened.blocker is None else opened.blocker.need
    if need == NEED_LOOP:
        return "symlink-loop"
    if opened.blocker is not None and opened.blocker.kept is not None and need == NEED_FOLLOW:
        return "links-not-followed-here"
    if need == NEED_FOLLOW:
        return "symlink-protected" if opened.errno == EACCES else "symlink-refused"
    if need == NEED_SEARCH:
        return "ancestor-not-searchable"
    return "directory-unreadable" if opened.refused_kind == DIRECTORY else "file-unreadable"


def refusal_reason(opened: Opened) -> str:
    """Why it was refused, in words."""
    if opened.blocker is None:
        return ERRNO_TEXT.get(opened.errno, f"errno {opened.errno}")
    return _REASONS[opened.blocker.need] if opened.blocker.kept is None else opened.blocker.kept.why
