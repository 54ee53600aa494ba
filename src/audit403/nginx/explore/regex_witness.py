"""Builds a text that a pattern matches, from the pattern's syntax tree; PCRE has the last word.

The tree is Python's (`re._parser`), which reads nearly everything that stands in configurations; a pattern that it does
not read, or whose text PCRE does not confirm, has no witness and is reported as not explored.
"""

import re
from typing import Any

from audit403.nginx.model.regex import MatchFailed, Regex

_MOST_REPEATS = 4
_PREFERRED = "abcdefghijklmnopqrstuvwxyz0123456789-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ/ "


def witness_of(regex: Regex, prefix: str = "") -> str | None:
    """A text that begins with `prefix` and that the pattern matches; None when none was found."""
    for text in candidates(regex.pattern):
        for made in _placed(text, regex.pattern, prefix):
            if _matches(regex, made) and not made.endswith(("/.", "/..")):
                return made
    return None


def _matches(regex: Regex, text: str) -> bool:
    try:
        return regex.matches(text)
    except MatchFailed:
        return False


def candidates(pattern: str) -> list[str]:
    """Texts that the pattern's tree suggests: each alternative of the outermost choices, shortest repeats first."""
    try:
        tree: Any = re._parser.parse(_python_syntax(pattern))  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError, ValueError):
        return []
    try:
        return [_text(tree, index) for index in range(3)]
    except (_NoText, RecursionError):
        return []


class _NoText(Exception):
    """The tree has a node for which no text can be made."""


def _placed(text: str, pattern: str, prefix: str) -> list[str]:
    """The text where a request or a header would have it: in a path it follows `prefix` and ends no segment in dots."""
    if pattern.startswith("^") or not prefix:
        return [text, text + "a"]
    start = prefix.rstrip("/")
    if text.startswith("/"):
        return [f"{start}{text}a", f"{start}{text}"]
    return [f"{start}/a{text}", f"{start}/{text}a", f"{start}/a{text}a", f"{start}/{text}"]


def _python_syntax(pattern: str) -> str:
    replaced = pattern.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
    replaced = replaced.replace("(?'", "(?P<").replace("\\h", "[ \\t]").replace("\\R", "\\n")
    return re.sub(r"([*+?}])\+", r"\1", replaced)


def _text(tree: Any, index: int) -> str:
    pieces: list[str] = [_node(str(op), argument, index) for op, argument in tree]
    return "".join(pieces)


def _node(op: str, argument: Any, index: int) -> str:
    if op == "LITERAL":
        return chr(argument)
    if op == "NOT_LITERAL":
        return "a" if ord("a") != argument else "b"
    if op == "ANY":
        return "a"
    if op == "IN":
        return _in(argument)
    if op == "BRANCH":
        branches = argument[1]
        return _text(branches[min(index, len(branches) - 1)], index)
    if op == "SUBPATTERN":
        return _text(argument[-1], index)
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high = int(argument[0]), int(argument[1])
        times = low if low or index == 0 else min(high, 1)
        return _text(argument[2], index) * min(times, max(low, _MOST_REPEATS))
    if op in ("AT", "ASSERT_NOT", "ASSERT"):
        return ""
    if op == "ATOMIC_GROUP":
        return _text(argument, index)
    raise _NoText(op)


def _in(items: Any) -> str:
    negated = bool(items) and str(items[0][0]) == "NEGATE"
    for character in _PREFERRED:
        if _belongs(character, items[1:] if negated else items) != negated:
            return character
    raise _NoText("IN")


def _belongs(character: str, items: Any) -> bool:
    for op, argument in items:
        name = str(op)
        if name == "LITERAL" and ord(character) == argument:
            return True
        if name == "RANGE" and argument[0] <= ord(character) <= argument[1]:
            return True
        if name == "CATEGORY" and _in_category(character, str(argument)):
            return True
    return False


def _in_category(character: str, category: str) -> bool:
    word = character.isalnum() or character == "_"
    known = {
        "CATEGORY_DIGIT": character.isdigit(),
        "CATEGORY_NOT_DIGIT": not character.isdigit(),
        "CATEGORY_WORD": word,
        "CATEGORY_NOT_WORD": not word,
        "CATEGORY_SPACE": character.isspace(),
        "CATEGORY_NOT_SPACE": not character.isspace(),
    }
    return known.get(category, False)
