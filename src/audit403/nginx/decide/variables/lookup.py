"""The value of a variable or of a template with variables, cached as nginx caches.

Truth: ngx_http_get_flushed_variable in src/http/ngx_http_variables.c and ngx_http_script.c.
"""

from typing import NamedTuple

from audit403.core.decision import REASON_PROGRAM, REASON_STATE, REASON_UNDOCUMENTED, Missing
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.decide.outcome import Undecided, Unknown
from audit403.nginx.decide.variables.builtin import BUILTIN, NOT_CACHED, PREFIXES, STATE_VARIABLES
from audit403.nginx.decide.variables.geo import geo_value
from audit403.nginx.decide.variables.geoip2 import geoip2_value
from audit403.nginx.decide.variables.split_clients import split_clients_value
from audit403.nginx.decide.variables.table import map_value
from audit403.nginx.model.template import CAPTURE, TEXT, VARIABLE, Part, Template

DEEPEST = 100
"""So many variables may hang on one another (ngx_http_variable_depth)."""


class Escaping(NamedTuple):
    """Whether captures are escaped for a query string, in the pass for the length and in that for the text."""

    length: bool
    text: bool


PLAIN = Escaping(False, False)

_ARGS_ESCAPE = frozenset(range(0x21)) | frozenset(b'"#%&+;?\\') | frozenset(range(0x7F, 0x100))


def variable(exchange: Exchange, name: str) -> Value:
    """The value of `$name` now."""
    known = exchange.variables
    if name in known:
        return known[name]
    if exchange.variable_depth >= DEEPEST:
        return None  # "cycle while evaluating variable"
    exchange.variable_depth += 1
    try:
        value, cacheable = _compute(exchange, name)
    finally:
        exchange.variable_depth -= 1
    if cacheable:
        known[name] = value
    else:
        exchange.left_over[name] = value
    return value


def variable_left_over(exchange: Exchange, name: str) -> Value:
    """The value that `$name` had when it was last asked for, even if it has changed since."""
    return exchange.left_over[name] if name in exchange.left_over else variable(exchange, name)


def expand_left_over(exchange: Exchange, template: Template) -> str:
    """The text of a template as `index` makes it, which does not ask again for variables that are never kept."""
    known = [(part, variable_left_over(exchange, part.value)) for part in template.parts if part.kind == VARIABLE]
    for _, value in known:
        if isinstance(value, Unknown):
            raise Undecided(value.missing)
    values = {part.value: value for part, value in known}
    parts = tuple(
        Part(TEXT, value if isinstance(value := values[part.value], str) else "") if part.kind == VARIABLE else part
        for part in template.parts
    )
    return expand_known(exchange, Template(template.source, parts, template.literal))


def expand(
    exchange: Exchange, template: Template, escaping: Escaping = PLAIN, *, flushed: bool = True
) -> str | Unknown:
    """The text of a template; a variable that is not found is empty.

    nginx goes through it twice, once for the length and once for the text. A variable whose regex captures anew in the
    first pass changes `$1` for the second, and the text is cut to the length. `flushed` says that variables which are
    never kept are computed once for both passes (everywhere but in `set` and `if`).
    """
    if template.literal is not None:
        return template.literal
    captured = exchange.captures
    values: list[str] = []
    unknown: Unknown | None = None
    for kind, text in template.parts:
        if kind == TEXT:
            values.append(text)
        elif kind == VARIABLE:
            value = variable(exchange, text)
            if isinstance(value, Unknown):
                unknown = value
            values.append(value if isinstance(value, str) else "")
        elif kind == CAPTURE:
            values.append(capture(exchange, int(text), escaping.length))
    if unknown is not None:
        return unknown
    if exchange.captures is captured and escaping.length == escaping.text:
        return rejoin(values)
    return _second_pass(exchange, template, escaping, flushed, values)


def _second_pass(
    exchange: Exchange, template: Template, escaping: Escaping, flushed: bool, values: list[str]
) -> str | Unknown:
    length = sum(len(value.encode("utf-8", "surrogateescape")) for value in values)
    pieces: list[str] = []
    for (kind, text), value in zip(template.parts, values, strict=True):
        if kind == CAPTURE:
            pieces.append(capture(exchange, int(text), escaping.text))
        elif kind == VARIABLE and not flushed:
            again = variable(exchange, text)
            pieces.append(again if isinstance(again, str) else "")
        else:
            pieces.append(value)
    data = "".join(pieces).encode("utf-8", "surrogateescape")
    if len(data) < length:
        # The rest is whatever the memory held before.
        return Unknown(Missing(REASON_UNDOCUMENTED, f'"{template.source}", whose variables change its captures'))
    return data[:length].decode("utf-8", "surrogateescape")


def expand_known(exchange: Exchange, template: Template) -> str:
    """The text of a template. Raises Undecided when the evidence does not show it."""
    value = expand(exchange, template)
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    return value


def capture(exchange: Exchange, number: int, escape: bool) -> str:
    """`$1` … `$9` of the last match; escaped for a query string when the request's path was escaped."""
    captured = exchange.captures
    if captured is None or number >= captured.count:
        return ""
    text = captured.groups[number]
    if escape and (exchange.quoted_uri or exchange.plus_in_uri):
        return escape_arguments(text)
    return text


def escape_arguments(text: str) -> str:
    """ngx_escape_uri with NGX_ESCAPE_ARGS."""
    data = text.encode("utf-8", "surrogateescape")
    if not any(byte in _ARGS_ESCAPE for byte in data):
        return text
    return "".join(f"%{byte:02X}" if byte in _ARGS_ESCAPE else chr(byte) for byte in data)


def rejoin(pieces: list[str]) -> str:
    """Join texts; halves of one character that came apart in captures become one again."""
    text = "".join(pieces)
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _compute(exchange: Exchange, name: str) -> tuple[Value, bool]:
    model = exchange.evaluator.model
    if name in model.captured:
        return None, True
    definition = model.maps.get(name)
    if definition is not None:
        return map_value(exchange, definition, expand), not definition.volatile
    geo = model.geos.get(name)
    if geo is not None:
        return geo_value(exchange, geo, variable), True
    split = model.splits.get(name)
    if split is not None:
        return split_clients_value(exchange, split, expand), True
    database = model.geoip2.get(name)
    if database is not None:
        return geoip2_value(exchange, database, expand), True
    handler = BUILTIN.get(name)
    if handler is not None:
        return handler(exchange), name not in NOT_CACHED
    for prefix, prefixed, cacheable in PREFIXES:
        if name.startswith(prefix):
            return prefixed(exchange, name[len(prefix) :]), cacheable
    if name in model.assigned:
        return "", True
    return _unseen(name), True


def _unseen(name: str) -> Value:
    reason = REASON_STATE if name in STATE_VARIABLES else REASON_PROGRAM
    return Unknown(Missing(reason, f"${name}"))
