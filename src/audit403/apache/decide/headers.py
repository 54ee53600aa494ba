"""mod_headers, as far as it changes what later phases see: the request's headers, and answers' that are set early.

Truth: do_headers_fixup in modules/metadata/mod_headers.c. Lines with `early` are carried out as the request comes in,
with the server's settings; the others in the last phase before the handler, after all access checks.
"""

from audit403.apache.decide.exchange import Exchange, Table, Value
from audit403.apache.decide.expression import holds, text_of
from audit403.apache.decide.outcome import DECLINED
from audit403.apache.decide.ssl_variables import looked_up
from audit403.apache.decide.substitute import substitute
from audit403.apache.model.headers import (
    ADD,
    APPEND,
    ECHO,
    EDIT,
    EDIT_ALL,
    HEADERS,
    MERGE,
    NOTE,
    SET,
    SET_IF_EMPTY,
    UNSET,
    HeadersConfig,
    Line,
)
from audit403.apache.model.pattern import Pattern
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown

_NOTHING = HeadersConfig()
_NULL = "(null)"


def early(exchange: Exchange) -> int:
    """The lines with `early`."""
    config: HeadersConfig = exchange.config(HEADERS, _NOTHING)
    _fix(exchange, exchange.headers, config.request, is_early=True)
    if config.always or config.answer:
        sent = exchange.extra.setdefault("headers-out", Table())
        _fix(exchange, sent, config.always, is_early=True)
        _fix(exchange, sent, config.answer, is_early=True)
    return DECLINED


def fixup(exchange: Exchange) -> int:
    """All others for the request."""
    config: HeadersConfig = exchange.config(HEADERS, _NOTHING)
    _fix(exchange, exchange.headers, config.request, is_early=False)
    return DECLINED


def _fix(exchange: Exchange, table: Table, lines: tuple[Line, ...], *, is_early: bool) -> None:
    for line in lines:
        if line.early == is_early and _counts(exchange, line):
            _carry_out(exchange, table, line)
            where = line.directive.span
            exchange.step(
                "env" if is_early else "fixup", f"{line.directive.written} {line.action} {line.header}", where
            )


def _counts(exchange: Exchange, line: Line) -> bool:
    """Whether a line's condition holds; one that cannot be evaluated counts."""
    if line.condition is not None:
        return holds(exchange, line.condition, line.directive.span, "fixup") is not False
    if line.variable is None:
        return True
    value = exchange.env.get(line.variable.removeprefix("!"))
    is_set = exchange.ask(value.missing) if isinstance(value, Unknown) else value is not None
    return is_set != line.variable.startswith("!")


def _carry_out(exchange: Exchange, table: Table, line: Line) -> None:
    action, name = line.action, line.header
    before = table.get(name)
    if action in (SET, SET_IF_EMPTY):
        if action == SET or before is None:
            value = _value(exchange, line)
            if name.lower() == "content-type" and isinstance(value, str):
                exchange.set_type(value, trusted=exchange.type_trusted and value == exchange.content_type)
            table.set(name, value)
    elif action == ADD:
        if before is None:
            table.set(name, _value(exchange, line))
    elif action in (APPEND, MERGE):
        table.set(name, _appended(before, _value(exchange, line), merges=action == MERGE))
    elif action == UNSET:
        table.unset(name)
    elif action == ECHO:
        assert line.pattern is not None
        for key, found in exchange.headers.items():
            if line.pattern.search(key) is not None:
                table.set(key, found)
    elif action in (EDIT, EDIT_ALL):
        if before is not None:
            # What is edited moves to the end of the headers, which a pattern of names looks through.
            changed = _edited(exchange, line, before)
            table.unset(name)
            table.set(name, changed)
    elif action == NOTE and before is not None:
        note = _value(exchange, line)
        if isinstance(note, Unknown):
            raise Undecided(note.missing)
        exchange.notes[note.lower()] = before


def _appended(before: Value | None, value: Value, *, merges: bool) -> Value:
    """A value behind the one that is there; with `merges` not where it is among them already."""
    if before is None or isinstance(value, Unknown):
        return value
    if isinstance(before, Unknown) or (merges and value in _tokens(before)):
        return before
    return f"{before}, {value}"


def _tokens(text: str) -> list[str]:
    """What stands between commas; a comma between quotes is none."""
    found: list[str] = []
    start = at = 0
    quoted = False
    for at, mark in enumerate(text):
        if mark == '"':
            quoted = not quoted
        elif mark == "," and not quoted:
            found.append(text[start:at].lstrip(" \t\r\n\v\f"))
            start = at + 1
    found.append(text[start:].lstrip(" \t\r\n\v\f"))
    return found


def _value(exchange: Exchange, line: Line) -> Value:
    """A line's value with what it names put in."""
    if line.value_expression is not None:
        return text_of(exchange, line.value_expression)
    parts: list[str] = []
    for tag in line.tags:
        value = tag.text if not tag.kind else _named(exchange, tag.kind, tag.text)
        if isinstance(value, Unknown):
            return value
        parts.append(value)
    return "".join(parts)


def _named(exchange: Exchange, kind: str, argument: str) -> Value:
    if kind == "e":
        found = exchange.env.get(argument)
    elif kind == "s":
        found = looked_up(exchange, argument) or None
    else:
        return Unknown(Missing(REASON_STATE, f"%{kind} of {HEADERS}"))
    if found is None:
        return _NULL
    return found if isinstance(found, Unknown) else found.replace("\n", " ").replace("\r", " ")


def _edited(exchange: Exchange, line: Line, before: Value) -> Value:
    replacement = _value(exchange, line)
    if isinstance(before, Unknown):
        return before
    if isinstance(replacement, Unknown):
        return replacement
    assert line.pattern is not None
    return edited(line.pattern, before, replacement, everywhere=line.action == EDIT_ALL)


def edited(pattern: Pattern, text: str, replacement: str, *, everywhere: bool) -> str:
    """A text with the first match, or every match, replaced; each is searched in what the one before has left."""
    out: list[str] = []
    while True:
        found = pattern.find(text)
        if found is None:
            break
        start, end, captured = found
        data = text.encode("utf-8", "surrogateescape")
        out += (data[:start].decode("utf-8", "surrogateescape"), substitute(replacement, captured))
        text = data[end:].decode("utf-8", "surrogateescape")
        if not everywhere or start == end:
            break
    return "".join((*out, text))
