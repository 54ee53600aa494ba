"""How a server names itself in URLs: its name, its port, its scheme; and the request as the client has written it.

Truth: ap_get_server_name, ap_get_server_port and ap_default_port in server/core.c, ap_matches_request_vhost in
server/vhost.c.
"""

from audit403.apache.decide.choose_vhost import BadHost, host_name, matches_name
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.request_head import UNKNOWN_METHOD

_DEFAULT_PORTS = {"http": 80, "https": 443}


def scheme_of(exchange: Exchange) -> str:
    """ap_http_scheme."""
    return "http" if exchange.connection.tls is None else "https"


def server_name(exchange: Exchange) -> str:
    """The host that the client has asked for, otherwise the server's own name; an IPv6 address in brackets."""
    name = exchange.hostname or exchange.server.name or ""
    return f"[{name}]" if ":" in name else name


def server_port(exchange: Exchange) -> int:
    """The port that the client has asked for, otherwise the server's own."""
    header = exchange.headers.get("host") if exchange.main is None else None
    port: int | None = None
    if isinstance(header, str) and header:
        try:
            port = host_name(header, strict=False, from_header=True)[1]
        except BadHost:
            port = None
    return port or exchange.server.port or default_port(exchange)


def default_port(exchange: Exchange) -> int:
    """The port of the scheme."""
    return _DEFAULT_PORTS[scheme_of(exchange)]


def is_own(exchange: Exchange, host: str, port: int) -> bool:
    """Whether a host and a port lead to the server that answers already."""
    server = exchange.server
    if any(at.port in (0, port) and at.host.lower() == host.lower() for at in server.addresses):
        return True
    return port == server.port and matches_name(server, host)


def method_name(exchange: Exchange) -> str:
    """The method as it is written in the request; that of a subrequest and of an error page is GET."""
    if exchange.method == UNKNOWN_METHOD:
        return exchange.request.method
    if exchange.method == "GET" and exchange.is_head and exchange.main is None and exchange.status == 200:
        return "HEAD"
    return exchange.method


def request_line(exchange: Exchange) -> str:
    """The request line; only HTTP/1.1 is asked about."""
    request = exchange.request
    return f"{request.method} {request.target} HTTP/1.1"
