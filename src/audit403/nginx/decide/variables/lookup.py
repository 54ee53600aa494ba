"""The value of a variable or of a template with variables, cached as nginx caches.

Truth: ngx_http_get_flushed_variable in src/http/ngx_http_variables.c and ngx_http_script.c.
"""

from collections.abc import Callable

from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.decide.variables.builtin import BUILTIN, NOT_CACHED, PREFIXES
from audit403.nginx.model.template import ARGUMENTS, CAPTURE, VARIABLE, Template

DEEPEST = 100
"""So many variables may hang on one another (ngx_http_variable_depth)."""


_MOST_COMPUTED = 50_000


class NoRoom(Exception):
    """The text of a value came out longer than nginx had measured it."""


_ARGS_ESCAPE = frozenset(range(0x21)) | frozenset(b'"#%&+;<>?\\^`{|}') | frozenset(range(0x7F, 0x100))


def variable(exchange: Exchange, name: str) -> Value:
    """The value of `$name` now: computed anew when it is one that nginx does not keep."""
    known = exchange.variables
    if name in known:
        return known[name]
    if exchange.variable_depth >= DEEPEST:
        return None  # "cycle while evaluating variable"
    exchange.variables_computed += 1
    if exchange.variables_computed > _MOST_COMPUTED:
        # Volatile maps that hang on one another: nginx would compute 2^100 of them and not answer either.
        raise Undecided(Missing(REASON_UNDOCUMENTED, f"${name}, which hangs on itself"))
    exchange.variable_depth += 1
    if name in exchange.left_over:
        exchange.flushed.add(name)
    try:
        value, cacheable = _compute(exchange, name)
    except NoRoom:
        value, cacheable = None, name not in exchange.left_over
    finally:
        exchange.variable_depth -= 1
    if cacheable:
        known[name] = value
    else:
        exchange.left_over[name] = value
        exchange.flushed.discard(name)
    return value


def variable_left_over(exchange: Exchange, name: str) -> Value:
    """The value that `$name` had when it was last asked for, even if it has changed since."""
    if name in exchange.left_over and name not in exchange.flushed:
        return exchange.left_over[name]
    return variable(exchange, name)


def expand_left_over(exchange: Exchange, template: Template) -> str:
    """The text of a template as `index` makes it, which does not ask again for variables that are never kept."""
    if template.literal is not None:
        return template.literal
    values: dict[str, str] = {}
    for name in template.variables():
        value = variable_left_over(exchange, name)
        if isinstance(value, Unknown):
            raise Undecided(value.missing)
        values[name] = value or ""
    pieces: list[str] = []
    for kind, text in template.parts:
        if kind == VARIABLE:
            pieces.append(values[text])
        else:
            pieces.append(capture(exchange, int(text), False) if kind == CAPTURE else text)
    return rejoin(pieces)


def expand(exchange: Exchange, template: Template) -> str | Unknown:
    """The text of a template; a variable that is not found is empty."""
    if template.literal is not None:
        return template.literal
    try:
        return compute(exchange, template)
    except NoRoom:
        return Unknown(Missing(REASON_UNDOCUMENTED, f'"{template.source}", whose variables change one another'))


def compute(exchange: Exchange, template: Template, *, escape: bool = False, flushed: bool = True) -> str | Unknown:
    """The text of a template. Raises NoRoom where nginx gives up."""
    if template.literal is not None:
        return template.literal
    if len(template.parts) == 1 and template.parts[0].kind == VARIABLE and flushed:
        value = variable(exchange, template.parts[0].value)
        return "" if value is None else value
    pieces = compute_pieces(exchange, template, escape=escape, flushed=flushed)
    return pieces if isinstance(pieces, Unknown) else rejoin(pieces)


def compute_pieces(
    exchange: Exchange, template: Template, *, escape: bool, flushed: bool, slack: int = 0
) -> list[str] | Unknown:
    """The text of each part of a template. Raises NoRoom where nginx gives up.

    nginx goes through it twice, once for the length and once for the text. A variable whose regex captures anew in the
    first pass changes `$1` for the second. What then is longer than measured (and than `slack` bytes more) is an error
    since the fixes of CVE-2026-42533 and CVE-2026-93479, which wrote past the memory before. `flushed` says that
    volatile variables are computed once for both passes: everywhere but in `set`, `if` and `rewrite`.
    """
    captured = exchange.captures
    volatile = exchange.evaluator.model.has_volatile_maps
    look_up = variable
    if flushed and volatile:
        exchange.flushed.update(name for name in template.variables() if name in exchange.left_over)
        look_up = variable_left_over
    pieces, unknown = _pieces(exchange, template, escape, look_up)
    if unknown is None and (exchange.captures is not captured or volatile):
        measured = byte_length(pieces) + slack
        pieces, unknown = _pieces(exchange, template, escape, look_up)
        if unknown is None and byte_length(pieces) > measured:
            raise NoRoom
    return pieces if unknown is None else unknown


def _pieces(
    exchange: Exchange, template: Template, escape: bool, look_up: Callable[[Exchange, str], Value]
) -> tuple[list[str], Unknown | None]:
    """One pass over the parts."""
    pieces: list[str] = []
    unknown: Unknown | None = None
    for kind, text in template.parts:
        if kind == CAPTURE:
            pieces.append(capture(exchange, int(text), escape))
        elif kind == ARGUMENTS:
            escape = True
            pieces.append("")
        elif kind != VARIABLE:
            pieces.append(text)
        else:
            value = look_up(exchange, text)
            if isinstance(value, Unknown):
                unknown = value
            pieces.append(value if isinstance(value, str) else "")
    return pieces, unknown


def byte_length(pieces: list[str]) -> int:
    """How many bytes the texts have together."""
    return sum(len(piece) if piece.isascii() else len(piece.encode("utf-8", "surrogateescape")) for piece in pieces)


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
        from audit403.nginx.decide.variables.table import map_value

        return map_value(exchange, definition, compute), not definition.volatile
    geo = model.geos.get(name)
    if geo is not None:
        from audit403.nginx.decide.variables.geo import geo_value

        return geo_value(exchange, geo, variable), True
    split = model.splits.get(name)
    if split is not None:
        from audit403.nginx.decide.variables.split_clients import split_clients_value

        return split_clients_value(exchange, split, expand), True
    database = model.geoip2.get(name)
    if database is not None:
        from audit403.nginx.decide.variables.geoip2 import geoip2_value

        return geoip2_value(exchange, database, expand), True
    handler = BUILTIN.get(name)
    if handler is not None:
        return handler(exchange), name not in NOT_CACHED
    for prefix, prefixed, cacheable in PREFIXES:
        if name.startswith(prefix):
            return prefixed(exchange, name[len(prefix) :]), cacheable
    if name in model.assigned:
        return "", True
    from audit403.nginx.decide.variables.rare import rare_variable

    return rare_variable(exchange, name)
