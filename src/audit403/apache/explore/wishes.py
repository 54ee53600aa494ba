"""What a tested value should be for a recorded test to come out the other way, told from the step alone."""

import re
from collections.abc import Iterator

from audit403.apache import fnmatch
from audit403.core.decision import Step
from audit403.explore.wish import Wish, anything, anything_but, exactly, matching
from audit403.http.regex import InvalidRegex, compile_regex

_ORDERS = frozenset(("<", "<=", ">", ">=", "-lt", "-le", "-gt", "-ge", "-eq", "lt", "le", "gt", "ge"))
_OTHERS = ("", "something-else")
_SET = ("1", "something")


def wish_of(step: Step) -> Wish | None:
    """What turns a test, None where that cannot be told."""
    operator, value, holds = step.operator or "", step.value or "", not step.met
    bare = operator.lstrip("!")
    if bare in ("~", "~*", "matches"):
        return _matching(value, bare.endswith("*"), holds != operator.startswith("!"))
    if bare == "like":
        return glob_wish(value, holds)
    if bare in ("equals", "=", "differs"):
        return exactly(value) if holds != ((bare == "differs") or operator.startswith("!")) else anything_but(value)
    if bare == "one-of":
        return _one_of(value.split(), holds)
    if bare == "prefix":
        return _prefix(value, holds)
    if bare in ("not-empty", "is-true", "exists"):
        return anything(*_SET) if holds else anything("")
    if bare in _ORDERS:
        return anything(value, *_beside(value))
    return None


def _matching(pattern: str, caseless: bool, holds: bool) -> Wish | None:
    try:
        return matching(compile_regex(pattern, caseless), holds)
    except InvalidRegex:
        return None


def glob_wish(pattern: str, holds: bool = True) -> Wish:
    """A text that a shell pattern matches, or not."""
    texts = tuple(glob_texts(pattern)) if holds else _OTHERS
    return Wish(lambda text: fnmatch.matches(pattern, text) == holds, texts)


def glob_texts(pattern: str) -> Iterator[str]:
    """Texts that a shell pattern matches, the plainest first."""
    classes = re.compile(r"\[([!^]?)([^\]]+)\]")
    for filling in ("a", "", "a.b", "1"):
        text = classes.sub(lambda found: "a" if found[1] else found[2][0], pattern)
        yield text.replace("*", filling).replace("?", "a").replace("\\", "")


def _one_of(words: list[str], holds: bool) -> Wish:
    negated = words[:1] == ["not"]
    listed = frozenset(words[1:] if negated else words)
    wanted = holds != negated
    texts = tuple(words[1:] if negated else words) if wanted else _OTHERS
    return Wish(lambda text: (text in listed) == wanted, texts)


def _prefix(prefix: str, holds: bool) -> Wish:
    stem = prefix.rstrip("/")
    texts = (prefix, f"{stem}/", f"{stem}/a") if holds else ("/something-else",)
    return Wish(lambda text: text.startswith(prefix) == holds, texts)


def _beside(value: str) -> Iterator[str]:
    """Texts and numbers on either side of one."""
    yield from (f"{value}a", "", "~")
    if re.fullmatch(r"-?\d+", value):
        yield from (str(int(value) - 1), str(int(value) + 1))
