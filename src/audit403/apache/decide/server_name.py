"""What the server calls itself: scheme, name, port and administrator.

Truth: ap_get_server_name and ap_get_server_port in server/core.c, ap_http_scheme and ap_default_port.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.ssl_handshake import is_tls_request
from audit403.core.decision import REASON_HOST, Missing
from audit403.core.open_question import Unknown

_NO_ADMIN = "[no address given]"


def request_scheme(exchange: Exchange) -> str:
    """The scheme of the request's own URL."""
    return "https" if is_tls_request(exchange) else exchange.server.scheme or "http"


def server_name_for_url(exchange: Exchange) -> str | Unknown:
    """The server's name as a URL has it."""
    name = server_name(exchange)
    return f"[{name}]" if isinstance(name, str) and ":" in name else name


def server_name(exchange: Exchange) -> str | Unknown:
    """The server's name."""
    how = exchange.core.canonical_name or "off"
    if how == "dns":
        local = exchange.connection.local
        return Unknown(Missing(REASON_HOST, "the server's address" if local is None else local.text()))
    if how == "off" and exchange.hostname is not None:
        return exchange.hostname
    name = exchange.server.name
    return Unknown(Missing(REASON_HOST, "the server's own name")) if name is None else name


def server_port(exchange: Exchange) -> int:
    """The server's port as a URL has it."""
    core = exchange.core
    how = core.canonical_name or "off"
    asked_for = exchange.extra.get("port")
    own = exchange.server.port
    if how != "on" and isinstance(asked_for, int):
        return asked_for
    if core.canonical_port:
        physical = exchange.connection.port
        found = (own or physical) if how == "on" else (physical or own)
    else:
        found = own
    return found or default_port(exchange)


def default_port(exchange: Exchange) -> int:
    """The port of the scheme."""
    return 443 if is_tls_request(exchange) else 80


def server_admin(exchange: Exchange) -> str:
    """Who is responsible."""
    return exchange.server.core.admin or _NO_ADMIN
