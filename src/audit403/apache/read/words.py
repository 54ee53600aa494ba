r"""The words of httpd's configuration language, over latin-1 text.

The truth is ap_getword_conf in server/util.c: a word in quotes ends at the same quote, and `\` before that quote or
before `\` is taken away; a word without quotes ends at a space, and only `\\` is an escape there. A quote that is
never closed is no error, and what follows a closing quote is the next word even without a space between them.
"""

import re

from audit403.core.source import decoded_bytes

#: isspace(3) in the C locale; Python's own idea of a space has more.
SPACES = " \t\n\v\f\r"
SPACE = r"[ \t\n\v\f\r]"

#: A word: in double quotes (1), in single quotes (2) – both without their quotes – or bare (3).
WORD = re.compile(rf"{SPACE}*+(?:\"((?:[^\"\\]++|\\[\"\\]?+)*+)\"?+|'((?:[^'\\]++|\\['\\]?+)*+)'?+|([^ \t\n\v\f\r]++))")
_ESCAPED_IN_DOUBLE = re.compile(r"\\([\"\\])")
_ESCAPED_IN_SINGLE = re.compile(r"\\(['\\])")


def words_of(text: str) -> list[tuple[int, int, bool]]:
    """The words of a text as (start, end, whether quoted); the range has the quotes in it."""
    found = []
    for match in WORD.finditer(text):
        group = match.lastindex or 3
        start = match.start(group) - (group != 3)
        found.append((start, match.end(), group != 3))
    return found


def values_of(text: str) -> list[str]:
    """The words of a text as httpd reads them (UTF-8 with surrogate escapes)."""
    if '"' in text or "'" in text or "\\" in text:
        return [decoded_bytes(_value(match)) for match in WORD.finditer(text)]
    if text.isascii() and text.isprintable():
        return text.split()
    return [decoded_bytes(word) for word in _SPLIT(text)]


def first_word(text: str, position: int = 0) -> tuple[str, int]:
    """The first word from a position on, as latin-1 text, and where the text behind it and its spaces begins."""
    match = WORD.match(text, position)
    if match is None:
        return "", len(text)
    end = match.end()
    length = len(text)
    while end < length and text[end] in SPACES:
        end += 1
    return _value(match), end


def _value(match: re.Match[str]) -> str:
    group = match.lastindex or 3
    raw: str = match[group]
    if "\\" not in raw:
        return raw
    if group == 3:
        return raw.replace("\\\\", "\\")
    return (_ESCAPED_IN_DOUBLE if group == 1 else _ESCAPED_IN_SINGLE).sub(r"\1", raw)


_SPLIT = re.compile(r"[^ \t\n\v\f\r]++").findall
