"""real_ip: the client's address out of a header, for requests from trusted proxies.

Truth: src/http/modules/ngx_http_realip_module.c.
"""

from audit403.nginx.decide.ascii import lower
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.forwarded import forwarded_address
from audit403.nginx.model.address import Network, parse_network
from audit403.nginx.model.context import Context


def real_ip(exchange: Exchange) -> None:
    """Replace the client's address when the effective configuration says so; at most once a request."""
    if exchange.real_ip_done:
        return
    trusted = exchange.context.effective("set_real_ip_from")
    if not trusted:
        return
    named = exchange.context.argument("real_ip_header", "X-Real-IP")
    if named == "proxy_protocol":
        return
    header = lower(named)
    values = [value for name, value in exchange.request.headers if lower(name) == header]
    if not values:
        return
    # Of any other header, X-Forwarded-For in another spelling among them, nginx takes the first line.
    if named != "X-Forwarded-For":
        values = values[:1]
    recursive = exchange.context.flag("real_ip_recursive")
    networks = exchange.evaluator.trusted_networks(exchange.context)
    address = forwarded_address(exchange.client, values, networks, recursive)
    shown = exchange.client.text()
    text = f"{shown} is no trusted proxy, or {header} holds no address"
    if address is not None:
        text = f"{shown} is a trusted proxy: the client is {address.text()}"
    met = address is not None
    exchange.step("real_ip", text, trusted[-1].span, met, f"header:{header}", "real-ip", ", ".join(values))
    if address is not None:
        exchange.client = address
        exchange.real_ip_done = True


def networks_of(context: Context) -> tuple[Network, ...]:
    """The trusted networks of a context; host names in `set_real_ip_from` name none that can be seen here."""
    found = [parse_network(word) for directive in context.effective("set_real_ip_from") for word in directive.args[:1]]
    return tuple(network for network in found if network is not None)
