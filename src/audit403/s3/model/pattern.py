"""Patterns of policies: text with `*`, `?` and policy variables, matched in linear time.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and …_variables.html:
`${*}`, `${?}` and `${$}` stand for the character itself, `${key, 'default'}` has a default, wildcards in the value of a
variable are plain characters, and variables are known since version 2012-10-17.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple

Context = Mapping[str, "tuple[str, ...] | Missing"]
"""What a request brings for conditions, by the lower-case name of the key; a key that is not there is absent."""

_VARIABLE = re.compile(r"\$\{\s*([^},]*?)\s*(?:,\s*'([^']*)'\s*)?\}", re.DOTALL)
_ITSELF = ("*", "?", "$")
_MOST_PATTERNS = 20_000


class Wildcard(NamedTuple):
    """`*` (many) or `?`."""

    many: bool


class Variable(NamedTuple):
    """A policy variable: the lower-case name of its key, and the default."""

    key: str
    default: str | None


MANY, ONE = Wildcard(True), Wildcard(False)
Part = str | Wildcard | Variable
Parts = tuple[Part, ...]


@lru_cache(maxsize=_MOST_PATTERNS)
def parts_of(text: str, variables: bool, wildcards: bool = True) -> Parts:
    """What a text is made of. `variables` says that `${…}` counts, `wildcards` that `*` and `?` do."""
    found: list[Part] = []
    at = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        found += _plain(text[at : match.start()], wildcards)
        name, default = match[1], match[2]
        found.append(name if name in _ITSELF and default is None else Variable(name.lower(), default))
        at = match.end()
    return (*found, *_plain(text[at:], wildcards))


def has_variables(parts: Parts) -> bool:
    """Whether what it stands for hangs on the request."""
    return any(isinstance(part, Variable) for part in parts)


def resolved(parts: Parts, context: Context) -> Parts | Missing | None:
    """The parts with the values of the request; None where a variable has none, Missing where nobody knows."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, Variable):
            value = context.get(part.key)
            if isinstance(value, Missing):
                return value
            if value is None or not value:
                if part.default is None:
                    return None
                found.append(part.default)
            elif len(value) > 1:
                return None
            else:
                found.append(value[0])
        else:
            found.append(part)
    return tuple(found)


@lru_cache(maxsize=_MOST_PATTERNS)
def matcher(parts: Parts, ignore_case: bool = False) -> Callable[[str], object]:
    """A test whether a whole text matches."""
    return _whole(_regex(parts, "."), ignore_case)


@lru_cache(maxsize=_MOST_PATTERNS)
def arn_matcher(parts: Parts, whole_only: bool = False) -> Callable[[str], object]:
    """The same for ARNs: a wildcard in one of the first five parts between colons does not leave it.

    What is too short counts as if `*` stood for the rest, where `whole_only` does not forbid it.
    """
    if parts == (MANY,):
        return _whole(".*", False)
    pieces = _components(parts)
    if len(pieces) < 6:
        if whole_only or not pieces[-1] or pieces[-1][-1] != MANY:
            return _nothing
        pieces += [(MANY,)] * (6 - len(pieces))
    return _whole(":".join([*(_regex(piece, "[^:]") for piece in pieces[:5]), _regex(pieces[5], ".")]), False)


def _nothing(_: str) -> object:
    return None


def _whole(regex: str, ignore_case: bool) -> Callable[[str], object]:
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.compile(regex + r"\Z", flags).match


def _plain(text: str, wildcards: bool) -> list[Part]:
    if not wildcards:
        return [text] if text else []
    pieces = [piece for piece in re.split(r"(\*+|\?)", text) if piece]
    return [MANY if piece[0] == "*" else ONE if piece == "?" else piece for piece in pieces]


def _components(parts: Parts) -> list[Parts]:
    """What stands between the first five colons, and behind them."""
    found: list[Parts] = []
    piece: list[Part] = []
    for part in parts:
        if not isinstance(part, str):
            piece.append(part)
            continue
        *ended, rest = part.split(":", 5 - len(found))
        for text in ended:
            found.append((*piece, text) if text else tuple(piece))
            piece = []
        if rest:
            piece.append(rest)
    return [*found, tuple(piece)]


def _regex(parts: Parts, character: str) -> str:
    """Each text between two `*` is looked for once, where it comes first: nothing is tried twice."""
    pieces: list[list[str]] = [[]]
    for part in parts:
        if part == MANY:
            pieces.append([])
        else:
            pieces[-1].append(character if part == ONE else re.escape(str(part)))
    texts = ["".join(piece) for piece in pieces]
    if len(texts) == 1:
        return texts[0]
    middle = "".join(f"(?>{character}*?{text})" for text in texts[1:-1] if text)
    return f"{texts[0]}{middle}{character}*{texts[-1]}"
