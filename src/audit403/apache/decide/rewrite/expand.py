r"""Texts of rules and conditions with what they name put in: `$1`, `%1`, `%{VARIABLE}`, `${map:key|default}`, `\x`.

Truth: do_expand and escape_backref in modules/mappers/mod_rewrite.c.
"""

from audit403.apache.decide.rewrite.context import Context
from audit403.apache.decide.rewrite.maps import look_up
from audit403.apache.decide.rewrite.variables import variable
from audit403.apache.decide.substitute import LONGEST
from audit403.apache.model.rewrite_rule import (
    ESCAPE_BACKREFERENCES,
    ESCAPE_CONTROLS,
    ESCAPE_NO_PLUS,
    LAST_QUESTION_MARK,
    Rule,
)
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Unknown
from audit403.http.regex import Captured

_LITERAL, _ESCAPED, _PUT_IN = "literal", "escaped", "put in"
_SPECIAL = "\\$%"


class Piece(NamedTuple):
    """A part of the result: as it is written, escaped by a backslash, or put in."""

    kind: str
    text: str | Unknown


class Expanded(NamedTuple):
    """The result; `unsafe` says that the question mark that begins its query string came from what was put in."""

    text: str | Unknown
    unsafe: bool


def expand(text: str, context: Context, rule: Rule | None = None) -> str | Unknown:
    """The text with everything put in; back-references escaped as the flags of `rule` say."""
    return _joined(_pieces(text, context, rule))


def expand_substitution(text: str, context: Context, rule: Rule) -> Expanded:
    """What a rule makes."""
    pieces = _pieces(text, context, rule)
    marked = [piece for piece in pieces if piece.kind != _ESCAPED and isinstance(piece.text, str) and "?" in piece.text]
    unsafe = False
    if marked:
        unsafe = marked[-1 if rule.has(LAST_QUESTION_MARK) else 0].kind == _PUT_IN
    return Expanded(_joined(pieces), unsafe)


def _joined(pieces: list[Piece]) -> str | Unknown:
    out: list[str] = []
    for piece in pieces:
        if isinstance(piece.text, Unknown):
            return piece.text
        out.append(piece.text)
    text = "".join(out)
    return text if len(text) <= LONGEST else Unknown(Missing(REASON_STATE, "whether httpd has memory for a text"))


def _pieces(text: str, context: Context, rule: Rule | None) -> list[Piece]:
    pieces: list[Piece] = []
    position, length = 0, len(text)
    while position < length:
        end = next((at for at in range(position, length) if text[at] in _SPECIAL), length)
        if end > position:
            pieces.append(Piece(_LITERAL, text[position:end]))
            position = end
            continue
        following = text[position + 1 : position + 2]
        if text[position] == "\\":
            pieces.append(Piece(_ESCAPED, following or "\\"))
            position += 2
        elif following == "{":
            piece, position = _braces(text, position, context, rule)
            pieces.append(piece)
        elif following.isascii() and following.isdigit():
            captured = context.by_rule if text[position] == "$" else context.by_condition
            pieces.append(Piece(_PUT_IN, _reference(captured, int(following), rule)))
            position += 2
        else:
            pieces.append(Piece(_ESCAPED, text[position]))
            position += 1
    return pieces


def _braces(text: str, position: int, context: Context, rule: Rule | None) -> tuple[Piece, int]:
    """A variable or a map in braces, and where the text goes on."""
    start = position + 2
    end = _closing(text, start)
    colon = _at_top(text, start, ":") if text[position] == "$" else end
    if end < 0 or colon < 0:
        return Piece(_ESCAPED, text[position:start]), start
    if text[position] == "%":
        return Piece(_PUT_IN, variable(text[start:end], context)), end + 1
    inside = text[start:end]
    name, key = inside[: colon - start], inside[colon - start + 1 :]
    default = ""
    bar = _at_top(key, 0, "|")
    if bar >= 0:
        key, default = key[:bar], key[bar + 1 :]
    value = look_up(context.exchange, name, expand(key, context, rule))
    if value is None:
        value = expand(default, context, rule)
    return Piece(_PUT_IN, value), end + 1


def _closing(text: str, position: int) -> int:
    """Where the brace that is open at a position is closed, or -1."""
    depth = 1
    for at in range(position, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth:
            return at
    return -1


def _at_top(text: str, position: int, mark: str) -> int:
    """Where a mark stands inside the brace that is open, and in no other; -1 where it does not."""
    depth = 1
    for at in range(position, len(text)):
        if text[at] == mark and depth == 1:
            return at
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth:
            return -1
    return -1


def _reference(captured: Captured | Unknown | None, number: int, rule: Rule | None) -> str | Unknown:
    if captured is None or isinstance(captured, Unknown):
        return captured or ""
    value = captured.groups[number] if number < len(captured.groups) else ""
    return escaped(value, rule) if rule is not None and rule.has(ESCAPE_BACKREFERENCES) else value


def escaped(value: str, rule: Rule) -> str:
    """A back-reference escaped as [B] and its relatives say."""
    out: list[str] = []
    only, never = rule.escapes, rule.no_escapes or ""
    for code in value.encode("utf-8", "surrogateescape"):
        mark = chr(code)
        wanted = (code <= 0x20 or code == 0x7F) if rule.has(ESCAPE_CONTROLS) else not only
        wanted = (wanted or (only is not None and mark in only)) and mark not in never
        if not wanted or mark == "_" or (mark.isascii() and mark.isalnum()):
            out.append(mark)
        elif mark == " " and not rule.has(ESCAPE_NO_PLUS):
            out.append("+")
        else:
            out.append(f"%{code:02x}")
    return "".join(out).encode("latin-1").decode("utf-8", "surrogateescape")
