r"""Patterns as httpd matches them: apr_fnmatch (strings/apr_fnmatch.c of APR), not the C library's fnmatch.

There are no `[:classes:]`; a `[` that is not closed stands for itself. Everything works on bytes.
"""

import re
from functools import lru_cache

from audit403.core.source import latin


def is_pattern(text: str) -> bool:
    """Whether httpd takes a path for a pattern (apr_fnmatch_test)."""
    if "*" not in text and "?" not in text and "]" not in text:
        return False
    opened = False
    position = 0
    while position < len(text):
        mark = text[position]
        if mark in "?*" or (mark == "]" and opened):
            return True
        opened = opened or mark == "["
        position += 2 if mark == "\\" else 1
    return False


def matches(pattern: str, text: str, *, pathname: bool = False, period: bool = False, caseless: bool = False) -> bool:
    """Whether a pattern matches a whole text.

    With `pathname` no wildcard matches a slash, with `period` none matches a leading dot.
    """
    return compiled(pattern, pathname, period, caseless).fullmatch(latin(text)) is not None


@lru_cache(maxsize=1024)
def compiled(pattern: str, pathname: bool, period: bool, caseless: bool) -> re.Pattern[str]:
    """The pattern as a regular expression over latin-1 text."""
    text = latin(pattern)
    one = "[^/]" if pathname else r"[\s\S]"
    out: list[str] = []
    position = 0
    begins = True
    while position < len(text):
        mark = text[position]
        bracket = _bracket(text, position + 1, pathname, caseless) if mark == "[" else None
        hidden = r"(?!\.)" if begins and period else ""
        position += 1
        begins = False
        if mark == "*":
            if not out or not out[-1].endswith("*+") or hidden:
                out.append(f"{hidden}{one}*")
        elif mark == "?":
            out.append(hidden + one)
        elif bracket is not None:
            expression, position = bracket
            out.append(hidden + expression)
        else:
            if mark == "\\" and position < len(text):
                mark = text[position]
                position += 1
            out.append(re.escape(mark))
            begins = pathname and mark == "/"
    return re.compile("".join(out), (re.IGNORECASE if caseless else 0) | re.ASCII)


def _bracket(text: str, position: int, pathname: bool, caseless: bool) -> tuple[str, int] | None:
    """A bracket expression and where it ends; None when it is not closed."""
    negated = text[position : position + 1] in ("!", "^")
    position += negated
    members: set[str] = set()
    first = True
    while position < len(text):
        mark = text[position]
        if mark == "]" and not first:
            guard = "(?!/)" if pathname else ""
            if not members:
                return guard + (r"[\s\S]" if negated else "(?!)"), position + 1
            body = "".join(map(re.escape, sorted(members)))
            return f"{guard}(?-i:[{'^' if negated else ''}{body}])", position + 1
        if mark == "\\":
            position += 1
            mark = text[position : position + 1]
        if not mark or (pathname and mark == "/"):
            return None
        first = False
        if text[position + 1 : position + 2] == "-" and text[position + 2 : position + 3] != "]":
            high = position + (3 if text[position + 2 : position + 3] == "\\" else 2)
            if high >= len(text) or (pathname and text[high] == "/"):
                return None
            members.update(_range(mark, text[high], caseless))
            position = high + 1
            continue
        members.update(_range(mark, mark, caseless))
        position += 1
    return None


def _range(low: str, high: str, caseless: bool) -> list[str]:
    """The characters of a range.

    Bytes from 128 on come before the others, as C's signed char has them, but not where the case is left aside.
    """
    first, last = ord(low), ord(high)
    found = [chr(code) for code in range(256) if _signed(first) <= _signed(code) <= _signed(last)]
    if caseless:
        upper = _is_upper(first) or _is_upper(last)
        found += [
            chr(code)
            for code in range(256)
            if (upper or _is_upper(code)) and _lower(first) <= _lower(code) <= _lower(last)
        ]
    return found


def _signed(code: int) -> int:
    return code - 256 if code > 127 else code


def _is_upper(code: int) -> bool:
    return 65 <= code <= 90


def _lower(code: int) -> int:
    return code + 32 if _is_upper(code) else code
