"""Builds texts that a pattern matches, from the pattern's syntax tree; PCRE has the last word.

The tree is Python's (`re._parser`), which reads nearly everything that stands in configurations; a pattern that it does
not read, or whose text PCRE does not confirm, has no witness and is reported as not explored.
"""

import re
from collections.abc import Hashable, Iterator
from itertools import islice, pairwise
from typing import Any, Protocol

from audit403.core.named_tuple import NamedTuple
from audit403.http.regex import MatchFailed

_MOST_REPEATS = 4
_MOST_PLANS = 8
_LONGEST = 2_000
_PREFERRED = "abcdefghijklmnopqrstuvwxyz0123456789-_.ABCDEFGHIJKLMNOPQRSTUVWXYZ/ =&?%:;,+@!~*'\"()[]{}<>|\\^$#`\t"
_made: dict[tuple[str, bool, str], str | None] = {}


class Matcher(Hashable, Protocol):
    """A pattern as its server compiles it."""

    @property
    def pattern(self) -> str:
        """What is written."""

    @property
    def caseless(self) -> bool:
        """Whether case does not matter."""

    def matches(self, subject: str) -> bool:
        """Whether it is found in a text. Raises MatchFailed."""
        ...


def witness_of(regex: Matcher, prefix: str = "") -> str | None:
    """A text that begins with `prefix` and that the pattern matches; None when none was found."""
    key = (regex.pattern, regex.caseless, prefix)
    if key not in _made:
        _made[key] = next(witnesses(regex, prefix), None)
    return _made[key]


def witnesses(regex: Matcher, prefix: str = "") -> Iterator[str]:
    """Every such text that the pattern's tree suggests, the plainest first; PCRE confirms each."""
    seen: set[str] = set()
    for text in candidates(regex.pattern):
        for made in _placed(text, regex.pattern, prefix):
            if made not in seen and _matches(regex, made) and not made.endswith(("/.", "/..")):
                yield made
            seen.add(made)


def _matches(regex: Matcher, text: str) -> bool:
    try:
        return regex.matches(text)
    except MatchFailed:
        return False


def candidates(pattern: str, groups: dict[int, str] | None = None) -> Iterator[str]:
    """Texts that the pattern's tree suggests, each by another plan; `groups` are texts that captures must have."""
    tree = _tree_of(pattern)
    if tree is None:
        return
    seen: set[str] = set()
    for index in range(_MOST_PLANS):
        try:
            text = _text(tree, _Plan(index, dict(groups or {})))
        except (_NoText, RecursionError):
            return
        if text not in seen:
            seen.add(text)
            yield text


def exceptions(regex: Matcher) -> Iterator[str]:
    """Paths that a negative look-around of a pattern names and that the pattern matches all the same."""
    if "(?!" not in regex.pattern and "(?<!" not in regex.pattern:
        return
    tree = _tree_of(regex.pattern)
    negated = [] if tree is None else list(_negated(tree))
    seen: set[str] = set()
    for index in range(_MOST_PLANS if negated else 0):
        try:
            excepted = [_text(body, _Plan(index, {})) for body in negated]
            around = [_text(tree, _Plan(index, {}, True, anything)) for anything in _fillings(tree)]
        except (_NoText, RecursionError):
            return
        for text in (*excepted, *around):
            path = "/" + text.lstrip("/")
            if text.strip("/") and path not in seen and _matches(regex, path):
                yield path
            seen.add(path)


def _negated(tree: Any) -> Iterator[Any]:
    """The bodies of negative look-arounds that do not speak of the end, at the pattern's own level."""
    for op, argument in tree:
        if str(op) == "ASSERT_NOT" and not any(str(inner) == "AT" for inner, _ in argument[1]):
            yield argument[1]


def _fillings(tree: Any) -> tuple[str, ...]:
    """What `.*` may stand for: nothing, or the sign before a look-ahead, which is then met earlier (a.min.js)."""
    for (before, sign), (op, _) in pairwise(tree):
        if str(op) == "ASSERT_NOT" and str(before) == "LITERAL":
            return "", f"a{chr(sign)}a"
    return ("",)


class _NoText(Exception):
    """The tree has a node for which no text can be made."""


class _Plan(NamedTuple):
    """How the choices of a pattern are made: `turn` changes each of them, `groups` holds what captures matched.

    With `spelled` the text has in it what negative look-arounds do not want to see; `anything` is written for `.*`.
    """

    turn: int
    groups: dict[int, str]
    spelled: bool = False
    anything: str = ""


def _tree_of(pattern: str) -> Any:
    try:
        return re._parser.parse(_python_syntax(pattern))  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError, ValueError):
        return None


def _placed(text: str, pattern: str, prefix: str) -> list[str]:
    """The text where a request or a header would have it: in a path it follows `prefix` and ends no segment in dots."""
    if not prefix:
        return [text, text + "a", "a" + text]
    start = prefix.rstrip("/")
    if pattern.startswith(("^", "\\A")):
        return [text, text + "a", f"{start}/{text}", f"{start}/{text[1:]}", f"{start}/a{text[1:]}"]
    if text.startswith("/"):
        return [f"{start}{text}a", f"{start}{text}"]
    return [f"{start}/a{text}", f"{start}/{text}a", f"{start}/a{text}a", f"{start}/{text}"]


def _python_syntax(pattern: str) -> str:
    """The pattern as Python writes it, as far as a text can be made for it."""
    replaced = pattern.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
    replaced = replaced.replace("(?'", "(?P<").replace("\\h", "[ \\t]").replace("\\R", "\\n").replace("\\z", "\\Z")
    for name, body in _CLASSES:
        replaced = replaced.replace(f"[:{name}:]", body)
    flags = re.search(r"(?<!^)\(\?([a-z]+)\)", replaced)
    if flags is not None:  # flags in the middle, which Python takes at the beginning only
        replaced = replaced.replace(flags[0], "")
    return re.sub(r"([*+?}])\+", r"\1", replaced)


_CLASSES = (
    ("alnum", "a-zA-Z0-9"),
    ("alpha", "a-zA-Z"),
    ("digit", "0-9"),
    ("lower", "a-z"),
    ("upper", "A-Z"),
    ("space", "\\s"),
    ("word", "\\w"),
    ("xdigit", "0-9a-fA-F"),
    ("punct", "!-/:-@\\[-`{-~"),
)


def _text(tree: Any, plan: _Plan) -> str:
    pieces: list[str] = []
    for op, argument in tree:
        pieces.append(_node(str(op), argument, plan))
    text = "".join(pieces)
    if len(text) > _LONGEST:
        raise _NoText("too long")
    return text


def _node(op: str, argument: Any, plan: _Plan) -> str:
    if op == "LITERAL":
        return chr(argument)
    if op == "NOT_LITERAL":
        return "a" if ord("a") != argument else "b"
    if op == "ANY":
        return "a"
    if op == "IN":
        return _in(argument, plan.turn)
    if op == "BRANCH":
        branches = argument[1]
        return _text(branches[plan.turn % len(branches)], plan)
    if op == "SUBPATTERN":
        return _group(argument, plan)
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _repeat(int(argument[0]), int(argument[1]), argument[2], plan)
    if op == "GROUPREF":
        return plan.groups.get(int(argument), "")
    if op == "ATOMIC_GROUP":
        return _text(argument, plan)
    if op == "ASSERT" and argument[0] == 1 and plan.turn % 2:
        return _text(argument[1], plan)  # what a look-ahead wants to see may have to be written
    if op == "ASSERT_NOT" and plan.spelled and not any(str(inner) == "AT" for inner, _ in argument[1]):
        return _text(argument[1], plan)
    if op in ("AT", "ASSERT_NOT", "ASSERT"):
        return ""
    raise _NoText(op)


def _group(argument: Any, plan: _Plan) -> str:
    number = argument[0]
    if number is not None and number in plan.groups:
        return plan.groups[number]
    text = _text(argument[-1], plan)
    if number is not None:
        plan.groups[number] = text
    return text


def _repeat(low: int, high: int, what: Any, plan: _Plan) -> str:
    if plan.anything and str(what[0][0]) == "ANY":
        return plan.anything
    times = low if low or plan.turn == 0 else min(high, 1)
    if plan.turn > 2:
        times = min(high, low + plan.turn % 3)
    if times > _LONGEST:
        raise _NoText("too long")
    return _text(what, plan) * min(times, max(low, _MOST_REPEATS))


def _in(items: Any, index: int) -> str:
    negated = bool(items) and str(items[0][0]) == "NEGATE"
    listed = items[1:] if negated else items
    fitting = (character for character in _PREFERRED if _belongs(character, listed) != negated)
    first = next(fitting, None)
    if first is not None:
        return first if not index else next(islice(fitting, index - 1, None), first)
    literal = next((chr(argument) for op, argument in listed if str(op) == "LITERAL"), None)
    if literal is None or negated:
        raise _NoText("IN")
    return literal


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
