"""glob(3) over an evidence's directories, as nginx calls it (src/os/unix/ngx_files.c): no flags, the C locale.

`*`, `?` and `[…]` work on bytes and never match a `/` or a leading dot; the matches come in the order of their bytes.
"""

import re
from functools import lru_cache

from audit403.core.source import latin
from audit403.evidence.interface import Absent, Entry, Evidence, NotCollected, Unreadable
from audit403.evidence.links import real_entry_path

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"!-~",
    "lower": "a-z",
    "print": r" -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
MOST_MATCHES = 100_000


def is_pattern(path: str) -> bool:
    """Whether nginx takes the argument of an include for a pattern."""
    return any(mark in path for mark in "*?[")


def glob(evidence: Evidence, pattern: str) -> list[str]:
    """The paths that an absolute pattern matches, in nginx's order."""
    found = [""]
    parts = [part for part in pattern.split("/")[1:] if part]
    for depth, part in enumerate(parts):
        last = depth == len(parts) - 1
        if is_pattern(part):
            found = [f"{path}/{name}" for path in found for name in _matching(evidence, path or "/", part)]
            if len(found) > MOST_MATCHES:
                return []
        else:
            name = re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL)
            found = [f"{path}/{name}" for path in found]
            if last:
                found = [path for path in found if _exists(evidence, path)]
    return sorted(found, key=_bytes)


def _matching(evidence: Evidence, directory: str, part: str) -> list[str]:
    names = evidence.names(directory)
    if isinstance(names, Absent | NotCollected | Unreadable):
        return []
    matches = component(part).fullmatch
    hidden = part.startswith((".", "\\."))
    if hidden:
        names = (".", "..", *names)  # readdir(3) gives these two, and a pattern with a dot matches them
    return [name for name in names if (hidden or not name.startswith(".")) and matches(latin(name))]


def _exists(evidence: Evidence, path: str) -> bool:
    where = real_entry_path(evidence, path)
    return isinstance(where, str) and isinstance(evidence.entry(where), Entry)


@lru_cache(maxsize=256)
def component(part: str) -> re.Pattern[str]:
    """One component of a pattern as a regular expression over latin-1 text."""
    text = latin(part)
    out: list[str] = []
    position = 0
    while position < len(text):
        mark = text[position]
        position += 1
        if mark == "*":
            if not out or out[-1] != "[\\s\\S]*":
                out.append("[\\s\\S]*")
        elif mark == "?":
            out.append("[\\s\\S]")
        elif mark == "\\" and position < len(text):
            out.append(re.escape(text[position]))
            position += 1
        elif mark == "[" and (bracket := _bracket(text, position)) is not None:
            expression, position = bracket
            out.append(expression)
        else:
            out.append(re.escape(mark))
    return re.compile("".join(out))


def _bracket(text: str, position: int) -> tuple[str, int] | None:
    """A bracket expression as a regular expression and where it ends; None when it is not closed."""
    negated = text[position : position + 1] in ("!", "^")
    position += negated
    items: list[str] = []
    first = True
    while position < len(text):
        mark = text[position]
        if mark == "]" and not first:
            body = "".join(items)
            if not body:
                return ("[\\s\\S]" if negated else "(?!)"), position + 1
            return f"[{'^' if negated else ''}{body}]", position + 1
        first = False
        named = re.compile(r"\[:([a-z]+):\]").match(text, position)
        if named:
            items.append(_CLASSES.get(named[1], ""))
            position = named.end()
            continue
        low, position = _bracket_character(text, position)
        if text[position : position + 1] == "-" and text[position + 1 : position + 2] not in ("]", ""):
            high, position = _bracket_character(text, position + 1)
            if low <= high:
                items.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            items.append(re.escape(low))
    return None


def _bracket_character(text: str, position: int) -> tuple[str, int]:
    if text[position] == "\\" and position + 1 < len(text):
        return text[position + 1], position + 2
    return text[position], position + 1


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
