"""What a pattern matches by accident: a bare dot, a match that ends or begins in the middle of a word."""

import re

from audit403.core.edit import TextEdit
from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import InvalidRegex, MatchFailed, compile_regex
from audit403.nginx.model.location import Location
from audit403_checks.support import replace

DOT, END, START = "dot", "end", "start"
_BARE_DOT = re.compile(r"(?<!\\)\.(?=[A-Za-z(_])")
_CLASS = re.compile(r"\[[^\]]*\]")
_ENDS_IN_WORD = re.compile(r"(?:(?<!\\)[A-Za-z0-9]|[A-Za-z0-9]\)+)\Z")
_BEGINS_WITH_WORD = re.compile(r"\A\(*(?:\?:)?[A-Za-z0-9]")
_NOT_INSIDE_A_WORD = "(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))"
_DOT_NAMES = frozenset(
    ("git", "ht", "htaccess", "htpasswd", "svn", "hg", "bzr", "env", "idea", "vscode", "ds_store", "cvs", "well-known")
)
_EDGE = r"\b"
_REST = re.compile(r"(?<!\\)(?:\.\*\$?|\(\.\*\)\$?)\Z")
_LIST = re.compile(r"(\(?)((?:\\\.)?[A-Za-z0-9]+(?:\|(?:\\\.)?[A-Za-z0-9]+)+)(\)?)")
_ENDINGS = re.compile(r"(?:^|[(|])\\\.(?:[a-z0-9]{2,5}\b|\()", re.IGNORECASE)


class Accident(NamedTuple):
    """How a pattern came to match a path, and the pattern as it may have been meant."""

    kind: str
    meant: str


def accident(location: Location, path: str) -> Accident | None:
    """Why the location's pattern matches the path, where it is plainly not what was meant."""
    if location.regex is None:
        return None
    pattern, caseless = location.regex.pattern, location.regex.caseless
    escaped = with_dots_escaped(pattern)
    if escaped != pattern and not _matches(escaped, caseless, path):
        return Accident(DOT, escaped)
    told, rest = _without_rest(pattern)
    if _ENDS_IN_WORD.search(told) and not _matches(f"(?:{told}){_NOT_INSIDE_A_WORD}", caseless, path):
        return Accident(END, _with_end(told) + rest)
    if _BEGINS_WITH_WORD.match(pattern) and not _matches(f"{_NOT_INSIDE_A_WORD}(?:{pattern})", caseless, path):
        return Accident(START, f"{_EDGE}{_whole(pattern)}")
    return None


def rewritten(location: Location, pattern: str) -> tuple[TextEdit, ...]:
    """The edit that gives a location another pattern; none where the old one is not written as it is."""
    directive = location.directive
    if directive is None or len(directive.args) < 2:
        return ()
    span = directive.arg_span(1)
    written = directive.source.data[span.start : span.end].decode("utf-8", "surrogateescape")
    bare = written.strip("\"'")
    return (replace(span, written.replace(bare, pattern)),) if bare == location.name else ()


def with_dots_escaped(pattern: str) -> str:
    """The pattern with a backslash before each dot that a word follows, outside of classes."""
    classes = [found.span() for found in _CLASS.finditer(pattern)]

    def escaped(dot: "re.Match[str]") -> str:
        inside = any(start < dot.start() < end for start, end in classes)
        return dot[0] if inside else "\\."

    return _BARE_DOT.sub(escaped, pattern)


def _without_rest(pattern: str) -> tuple[str, str]:
    """The pattern without a `.*` at its end, which is no end, and that."""
    found = _REST.search(pattern)
    return (pattern, "") if found is None else (pattern[: found.start()], found[0])


def _with_end(pattern: str) -> str:
    """Names that begin with a dot are meant from their slash on; others up to the end of the word, whatever follows."""
    words = re.findall(r"[a-z_-]+", pattern.lower())
    if pattern.startswith("\\.") and words and _DOT_NAMES.issuperset(words):
        return f"/{pattern}"
    # Beside endings of files the end of the path is meant, so that no folder on the way counts.
    return f"{_whole(_with_every_dot(pattern))}{'$' if _ENDINGS.search(pattern) else _EDGE}"


def _with_every_dot(pattern: str) -> str:
    r"""Of a list of endings those that lost their dot with it: `(\.bak|log)` is meant to be `(\.bak|\.log)`."""
    found = _LIST.fullmatch(pattern)
    if found is None or r"\." not in pattern:
        return pattern
    endings = [ending if ending.startswith("\\") else f"\\.{ending}" for ending in found[2].split("|")]
    return f"{found[1]}{'|'.join(endings)}{found[3]}"


def _whole(pattern: str) -> str:
    """The pattern so that what is put beside it counts for each of its alternatives."""
    return f"(?:{pattern})" if "|" in re.sub(r"\([^()]*\)", "", pattern) else pattern


def _matches(pattern: str, caseless: bool, path: str) -> bool:
    try:
        return compile_regex(pattern, caseless).matches(path)
    except (InvalidRegex, MatchFailed):
        return True
