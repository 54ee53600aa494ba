"""Random texts that a pattern matches, or nearly so: what a dense sample asks for beside a regular expression.

Not the code under test, and on purpose of another make: every choice is drawn, where exploration plans them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

_LETTERS = "abcxyz019-_./ AZ=&?%:"
_MOST_REPEATS = 3


def texts_of(rng: random.Random, pattern: str, count: int) -> list[str]:
    """Some texts for a pattern; none where Python cannot read it."""
    try:
        tree = re._parser.parse(_in_python(pattern))  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError):
        return []
    return list(dict.fromkeys(_sequence(rng, tree, {}) for _ in range(count)))


def _in_python(pattern: str) -> str:
    named = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
    return re.sub(r"(?<!^)\(\?[a-z]+\)", "", named).replace("\\z", "\\Z").replace("\\h", "[ \\t]")


def _sequence(rng: random.Random, tree: Any, groups: dict[int, str]) -> str:
    return "".join(_node(rng, str(op), argument, groups) for op, argument in tree)


def _node(rng: random.Random, op: str, argument: Any, groups: dict[int, str]) -> str:
    if op == "LITERAL":
        letter = chr(argument)
        return letter.swapcase() if rng.random() < 0.03 else letter
    if op == "NOT_LITERAL":
        return rng.choice([letter for letter in _LETTERS if letter != chr(argument)])
    if op == "ANY":
        return rng.choice("ax0-")
    if op == "IN":
        return _one_of(rng, argument)
    if op == "BRANCH":
        return _sequence(rng, rng.choice(argument[1]), groups)
    if op == "SUBPATTERN":
        text = _sequence(rng, argument[-1], groups)
        if argument[0] is not None:
            groups[argument[0]] = text
        return text
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high = int(argument[0]), int(argument[1])
        times = rng.randint(low, max(low, min(high, low + _MOST_REPEATS)))
        return "".join(_sequence(rng, argument[2], groups) for _ in range(min(times, 500)))
    if op == "GROUPREF":
        return groups.get(int(argument), "")
    if op == "ATOMIC_GROUP":
        return _sequence(rng, argument, groups)
    if op == "ASSERT" and rng.random() < 0.5:
        return _sequence(rng, argument[1], groups)
    return ""


def _one_of(rng: random.Random, items: Any) -> str:
    negated = str(items[0][0]) == "NEGATE"
    listed = [str(op) for op, _ in items]
    if negated or "CATEGORY" in listed:
        fitting = [letter for letter in _LETTERS if re.match(_as_class(items), letter)]
        return rng.choice(fitting or ["a"])
    op, argument = rng.choice(items)
    return chr(argument) if str(op) == "LITERAL" else chr(rng.randint(*argument))


def _as_class(items: Any) -> str:
    names = {"DIGIT": r"\d", "WORD": r"\w", "SPACE": r"\s", "NOT_DIGIT": r"\D", "NOT_WORD": r"\W", "NOT_SPACE": r"\S"}
    parts = []
    for op, argument in items:
        if str(op) == "LITERAL":
            parts.append(re.escape(chr(argument)))
        elif str(op) == "RANGE":
            parts.append(f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}")
        elif str(op) == "CATEGORY":
            parts.append(names[str(argument).removeprefix("CATEGORY_")])
    return f"[{'^' if str(items[0][0]) == 'NEGATE' else ''}{''.join(parts)}]"
