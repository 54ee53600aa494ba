"""The value of a variable that a `map` defines.

Truth: ngx_http_map_variable and ngx_http_map_find.
"""

from collections.abc import Callable

from audit403.core.open_question import Unknown
from audit403.core.withheld import require_known
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.model.map import Map, MapEntry
from audit403.nginx.model.template import Template

Compute = Callable[[Exchange, Template], str | Unknown]


def map_value(exchange: Exchange, definition: Map, compute: Compute) -> Value:
    """Look the source's text up: plain names without regard to case, then wildcards, then regexes in order."""
    source = compute(exchange, definition.source)
    if isinstance(source, Unknown):
        return source
    if definition.hostnames and source.endswith("."):
        source = source[:-1]
    entry = _find(exchange, definition, source)
    where = definition.directive.span if entry.directive is None else entry.directive.span
    exchange.step(
        "variables",
        f'map {definition.source.source} is "{source}": `{entry.key}` gives "{entry.value.source}"',
        where,
        field=f"value:{definition.source.source}",
        operator="map",
        value=entry.key,
    )
    return compute(exchange, entry.value)


def _find(exchange: Exchange, definition: Map, source: str) -> MapEntry:
    if definition.table.exact:
        require_known(source, source)
    found = definition.table.find(lower(source))
    if found is not None:
        return found
    if source:
        require_known(source, definition.filled)
        for regex, entry in definition.regexes:
            captured = regex.search(source)
            if captured is not None:
                exchange.captures = captured
                exchange.variables.update(captured.named)
                return entry
    return definition.default
