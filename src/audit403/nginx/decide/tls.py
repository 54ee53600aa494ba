"""TLS: which server block the handshake used, and what nginx makes of the client's certificate.

Truth: ngx_http_ssl_servername, ngx_http_set_virtual_server and ngx_http_process_request in src/http/ngx_http_request.c.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Tls
from audit403.http.regex import Regex
from audit403.nginx.decide.choose_server import BadHost, validate_host
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Status
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

_AUTHORITIES = ("ssl_client_certificate", "ssl_trusted_certificate")
PLAIN_ON_TLS, CERTIFICATE_ERROR, NO_CERTIFICATE = 497, 495, 496


class Handshake(NamedTuple):
    """The server block that the handshake uses; the name that found it (None: the default), and by which regex."""

    server: Server
    name: str | None
    regex: Regex | None


def handshake(socket: Socket, tls: Tls) -> Handshake:
    """Which server block the name in the client's hello chooses."""
    assert socket.default is not None
    default = Handshake(socket.default, None, None)
    if not tls.sni or not looks_at_names(socket):
        return default
    try:
        name = validate_host(tls.sni)
    except BadHost:
        return default
    found = socket.names.find(name)
    if found is not None:
        return Handshake(found, name, None)
    for regex, server in socket.regexes:
        if regex.matches(name):
            return Handshake(server, name, regex)
    return default


def looks_at_names(socket: Socket) -> bool:
    """Whether nginx looks for a name at all: not where one server stands alone, unless a regex of its captures."""
    if len(socket.servers) > 1:
        return True
    names = () if socket.default is None else socket.default.names
    regexes = [name.regex for name in names if name.regex is not None]
    return bool(regexes) and regexes[-1].group_count > 0


def client_certificate(exchange: Exchange) -> str:
    """none, verified or failed: a certificate counts only when the handshake asked for one, and one that nobody vouches
    for does not verify (`optional_no_ca` without an authority).
    """
    tls = exchange.request.tls
    asking = _asking(exchange)
    if tls is None or verify_mode(asking) == "off":
        return "none"
    if tls.client_certificate == "verified" and not any(asking.last(name) for name in _AUTHORITIES):
        return "failed"
    return tls.client_certificate


def verify_mode(server: Server) -> str:
    """The effective ssl_verify_client of a server block: off, on, optional or optional_no_ca."""
    return server.argument("ssl_verify_client", "off")


def _asking(exchange: Exchange) -> Server:
    """The server block whose TLS settings the handshake has; one without a certificate has none of its own."""
    server = exchange.tls_server
    own = server.last("ssl_certificate") is not None or server.flag("ssl_reject_handshake")
    return server if own or exchange.socket.default is None else exchange.socket.default


def check_tls(exchange: Exchange) -> Status | None:
    """What nginx checks once it has the request's headers."""
    if not exchange.socket.tls:
        return None
    if exchange.request.tls is None:
        exchange.step("tls", "plain HTTP on a TLS port: 497, which becomes 400", None, True, "scheme", "equals", "http")
        exchange.decided("plain-http-on-tls", None, "")
        return Status(PLAIN_ON_TLS)
    mode = verify_mode(exchange.server)
    if mode == "off":
        return None
    directive = exchange.server.last("ssl_verify_client")
    span = None if directive is None else directive.span
    certificate = client_certificate(exchange)
    exchange.step(
        "tls",
        f"ssl_verify_client {mode}: the client's certificate is {certificate}",
        span,
        certificate == "verified",
        "tls.client_certificate",
        "verified",
        mode,
    )
    if certificate == "failed" and mode != "optional_no_ca":
        exchange.decided("client-certificate", span, "the client's certificate does not verify")
        return Status(CERTIFICATE_ERROR)
    if certificate == "none" and mode == "on":
        exchange.decided("client-certificate", span, "the client sends no certificate")
        return Status(NO_CERTIFICATE)
    return None
