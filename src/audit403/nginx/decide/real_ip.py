"""real_ip: the client's address out of a header, for requests from trusted proxies.

Truth: src/http/modules/ngx_http_realip_module.c.
"""

from audit403.core.decision import REASON_HOST, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Evidence
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.model.address import Network, network_of, parse_network
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
    from audit403.nginx.decide.forwarded import forwarded_address

    recursive = exchange.context.flag("real_ip_recursive")
    networks = _trusted(exchange)
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


class Trusted(NamedTuple):
    """The effective set_real_ip_from of a context; `unresolved` are host names whose addresses are not known."""

    networks: tuple[Network, ...]
    unresolved: tuple[str, ...]


def trusted_by(context: Context, evidence: Evidence) -> Trusted:
    """The trusted networks of a context."""
    from audit403.nginx.decide.hosts import addresses_of

    networks: list[Network] = []
    unresolved: list[str] = []
    for directive in context.effective("set_real_ip_from"):
        for word in directive.args[:1]:
            network = parse_network(word)
            hosts = addresses_of(evidence, word) if network is None else ()
            networks += [network] if network is not None else [network_of(address) for address in hosts]
            if network is None and not hosts:
                unresolved.append(word)
    return Trusted(tuple(networks), tuple(unresolved))


def _trusted(exchange: Exchange) -> tuple[Network, ...]:
    trusted = exchange.evaluator.trusted(exchange.context)
    client = network_of(exchange.client.unmapped())
    if not trusted.unresolved or any(network.contains(exchange.client.unmapped()) for network in trusted.networks):
        return trusted.networks
    name = f"whether {trusted.unresolved[0]} has the address {exchange.client.text()}"
    return (*trusted.networks, client) if exchange.ask(Missing(REASON_HOST, name)) else trusted.networks
