"""What a pattern matches by accident: a bare dot, a match that ends or begins in the middle of a word."""

import re
from collections.abc import Callable, Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.explore.regex_witness import Matcher
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_ORDINARY, Hit
from audit403.http.regex import InvalidRegex, MatchFailed, compile_regex
from audit403_checks.files.kinds import is_public

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


_WORDS = {
    DOT: "its `.` stands for any character",
    END: "the pattern has no end, and matches in the middle of a word",
    START: "the pattern has no beginning, and matches in the middle of a word",
}
_SHOWN = 3


class Accident(NamedTuple):
    """How a pattern came to match a path, and the pattern as it may have been meant."""

    kind: str
    meant: str


class Taken(NamedTuple):
    """A request that a pattern takes along, and how."""

    hit: Hit
    accident: Accident


def accident(regex: Matcher | None, path: str) -> Accident | None:
    """Why a pattern matches a path, where it is plainly not what was meant."""
    if regex is None:
        return None
    pattern, caseless = regex.pattern, regex.caseless
    escaped = with_dots_escaped(pattern)
    if escaped != pattern and not _matches(escaped, caseless, path):
        return Accident(DOT, escaped)
    told, rest = _without_rest(pattern)
    if _ENDS_IN_WORD.search(told) and not _matches(f"(?:{told}){_NOT_INSIDE_A_WORD}", caseless, path):
        return Accident(END, _with_end(told) + rest)
    if _BEGINS_WITH_WORD.match(pattern) and not _matches(f"{_NOT_INSIDE_A_WORD}(?:{pattern})", caseless, path):
        return Accident(START, f"{_EDGE}{_whole(pattern)}")
    return None


def taken_along(regex: Matcher | None, hits: Iterable[Hit], text_of: Callable[[Hit], str]) -> list[Taken]:
    """What is hit by accident, files of the tree first; of addresses that may not exist only what is beyond doubt.

    `text_of` tells what of a request the pattern was held against.
    """
    found: list[Taken] = []
    for hit in sorted(hits, key=lambda hit: hit.purpose != PURPOSE_FILE):
        path = hit.request.target.partition("?")[0]
        if hit.way is not None or hit.purpose not in (PURPOSE_FILE, PURPOSE_ORDINARY):
            continue
        if hit.purpose == PURPOSE_FILE and not is_public(path):
            continue
        how = accident(regex, text_of(hit))
        if how is not None and (hit.purpose == PURPOSE_FILE or _is_plain(how, path)):
            found.append(Taken(hit, how))
    return found


def told(label: str, taken: list[Taken]) -> str:
    """What is told of them."""
    targets = list(dict.fromkeys(one.hit.request.target for one in taken))
    shown = ", ".join(targets[:_SHOWN]) + (", …" if len(targets) > _SHOWN else "")
    return f"`{label}` refuses {shown} too: {_WORDS[taken[0].accident.kind]}"


def _is_plain(how: Accident, path: str) -> bool:
    return how.kind == DOT or (how.kind == END and "." in path)


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
