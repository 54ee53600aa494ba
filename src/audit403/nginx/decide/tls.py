"""TLS: which server block the handshake used, and what nginx makes of the client's certificate.

Truth: ngx_http_ssl_servername, ngx_http_set_virtual_server and ngx_http_process_request in src/http/ngx_http_request.c.
"""

from audit403.core.request import Tls
from audit403.nginx.decide.choose_server import BadHost, validate_host
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Status
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

PLAIN_ON_TLS, CERTIFICATE_ERROR, NO_CERTIFICATE = 497, 495, 496


def handshake_server(socket: Socket, tls: Tls) -> tuple[Server, str | None]:
    """The server block that the handshake uses, and the name it was found by (None: the default, without a name)."""
    assert socket.default is not None
    if tls.sni is None or (len(socket.servers) == 1 and not socket.regexes):
        return socket.default, None
    try:
        name = validate_host(tls.sni)
    except BadHost:
        return socket.default, None
    found = socket.names.find(name)
    if found is not None:
        return found, name
    for regex, server in socket.regexes:
        if regex.matches(name):
            return server, name
    return socket.default, None


def client_certificate(exchange: Exchange) -> str:
    """none, verified or failed: a certificate counts only when the handshake's server block asked for one."""
    tls = exchange.request.tls
    if tls is None or verify_mode(exchange.tls_server) == "off":
        return "none"
    return tls.client_certificate


def verify_mode(server: Server) -> str:
    """The effective ssl_verify_client of a server block: off, on, optional or optional_no_ca."""
    return server.argument("ssl_verify_client", "off")


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
