"""The value of a variable that `split_clients` defines.

Truth: ngx_http_split_clients_variable.
"""

from collections.abc import Callable

from audit403.core.open_question import Unknown
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.model.split_clients import SplitClients, part_of
from audit403.nginx.model.template import Template

Expand = Callable[[Exchange, Template], str | Unknown]


def split_clients_value(exchange: Exchange, split: SplitClients, expand: Expand) -> Value:
    """Hash the source and take the part that the hash falls into."""
    source = expand(exchange, split.source)
    if isinstance(source, Unknown):
        return source
    found = part_of(split, source)
    if found is None:
        return ""
    value, line = found
    exchange.step(
        "variables",
        f'split_clients: "{source}" falls into {line.name}, which gives "{value}"',
        line.span,
        field=f"value:{split.source.source}",
        operator="split",
        value=line.name,
    )
    return value
