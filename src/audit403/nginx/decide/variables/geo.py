"""The value of a variable that a `geo` block defines.

Truth: ngx_http_geo_cidr_variable, ngx_http_geo_range_variable and ngx_http_geo_addr.
"""

from collections.abc import Callable

from audit403.core.open_question import Unknown
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.decide.forwarded import forwarded_address
from audit403.nginx.model.address import Address, parse_address
from audit403.nginx.model.geo import Geo

Lookup = Callable[[Exchange, str], Value]


def geo_value(exchange: Exchange, geo: Geo, variable: Lookup) -> Value:
    """Find the address's network or range."""
    address: Address | None
    if geo.variable:
        text = variable(exchange, geo.variable)
        if isinstance(text, Unknown):
            return text
        address = parse_address(text) if text else None
    else:
        address = exchange.client
    if geo.proxies and address is not None:
        values = [value for name, value in exchange.request.headers if name.lower() == "x-forwarded-for"]
        address = forwarded_address(address, values, geo.proxies, geo.recursive) or address
    entry = geo.find(address)
    where = geo.directive.span if entry.directive is None else entry.directive.span
    shown = "no address" if address is None else address.text()
    exchange.step(
        "variables",
        f'geo: {shown} is in `{entry.key}`, which gives "{entry.value}"',
        where,
        field=f"variable:{geo.variable}" if geo.variable else "client",
        operator="geo",
        value=entry.key,
    )
    return entry.value
