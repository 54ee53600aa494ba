"""The TLS handshake, before there is any request: which server it is with, and which certificate it asks for.

Truth: modules/ssl/ssl_engine_io.c, init_vhost and ssl_callback_SSLVerify in ssl_engine_kernel.c.
"""

from audit403.apache.decide.choose_vhost import matches_name
from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.server import Server
from audit403.apache.model.ssl import NONE, OPTIONAL_NO_CA, REQUIRE, SSL, SslServer
from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Tls

_NOTHING = SslServer()
#: The methods by which OpenSSL knows plain HTTP (ssl/record/methods), so that httpd can say what is wrong.
_KNOWN_TO_OPENSSL = ("GET", "POST", "HEAD", "PUT")
DEPTH = 1
"""SSLVerifyDepth where nothing says it."""
OPEN, CLOSED, PLAIN = "open", "closed", "plain HTTP"
"""How it ends: with a connection, without one, or with plain HTTP where TLS was waited for."""


class Handshake(NamedTuple):
    """What is left of it for requests: the server that its name led to, and with whose settings it was made."""

    server: Server
    settings: SslServer


def ssl_of(server: Server) -> SslServer:
    """A server's settings for TLS."""
    found: SslServer = server.slots.get(SSL, _NOTHING)
    return found


def engine_of(exchange: Exchange, server: Server) -> str:
    """Whether a server speaks TLS: as SSLEngine says, otherwise where its port is one for https."""
    engine = ssl_of(server).engine
    if engine is not None:
        return engine
    evaluator = exchange.evaluator
    if exchange.connection.tls is not None and (evaluator.model.process.lenient or not evaluator.has("ssl")):
        return "on"
    ports = {at.port for at in server.addresses} or {listen.port for listen in exchange.evaluator.model.listens}
    for listen in exchange.evaluator.model.listens:
        protocol = listen.protocol or ("https" if listen.port == 443 else "http")
        if listen.port in ports and protocol == "https":
            return "on"
    return "off"


def is_tls_request(exchange: Exchange) -> bool:
    """Whether the connection is encrypted and the server one that speaks TLS."""
    return exchange.connection.tls is not None and engine_of(exchange, exchange.server) == "on"


def shake_hands(exchange: Exchange) -> str:
    """How the handshake ends. Afterwards the connection says which certificate has come over it."""
    connection = exchange.connection
    tls = connection.tls
    base = exchange.server
    is_on = engine_of(exchange, base) == "on"
    engine = ssl_of(base).engine_directive
    where = None if engine is None else engine.span
    if tls is None:
        if is_on:
            if exchange.request.method not in _KNOWN_TO_OPENSSL:
                exchange.step("connection", "plain HTTP on a port for TLS: the connection ends", where)
                return CLOSED
            exchange.step("connection", "plain HTTP on a port for TLS: 400", where)
            return PLAIN
        return OPEN
    if not is_on:
        exchange.step("connection", "a TLS handshake on a port for plain HTTP: the connection ends", where)
        return CLOSED
    server = _server_of_name(exchange, tls)
    speaks = engine_of(exchange, server) == "on"
    # A server that speaks no TLS has nothing to ask with, but what it says is checked all the same.
    asks = ssl_of(server if speaks else base)
    mode = asks.verify or NONE
    certificate = "none" if mode == NONE else shown(asks, tls)
    settings = ssl_of(server)
    if speaks:
        settings = settings._replace(verify=mode, depth=DEPTH if settings.depth is None else settings.depth)
    where = None if settings.verify_directive is None else settings.verify_directive.span
    met = _accepts(settings, certificate) and (certificate != "none" or mode != REQUIRE)
    if mode != NONE or not met:
        label = f"SSLVerifyClient {settings.verify or mode}"
        exchange.step("connection", label, where, met, "tls.client_certificate", "accepted", mode)
    if not met:
        exchange.step("connection", "the handshake fails", where)
        return CLOSED
    exchange.connection = connection._replace(tls=Tls(tls.sni, certificate))
    exchange.extra[SSL] = Handshake(server, asks)
    return OPEN


def shown(settings: SslServer, tls: Tls) -> str:
    """What the client shows when it is asked; without an authority no certificate is good."""
    knows_authorities = any(name.startswith("sslcacertificate") for name, _ in settings.authorities)
    return "failed" if tls.client_certificate == "verified" and not knows_authorities else tls.client_certificate


def _accepts(settings: SslServer, certificate: str) -> bool:
    """Whether a server is content; a certificate that an authority has signed itself is one step below it."""
    if certificate == "none":
        return settings.verify != REQUIRE
    if settings.verify == NONE:
        return certificate == "verified"
    depth = -1 if settings.depth is None else settings.depth
    if certificate == "verified":
        return depth >= 1
    return settings.verify == OPTIONAL_NO_CA and depth >= 0


def _server_of_name(exchange: Exchange, tls: Tls) -> Server:
    """The virtual host of the name in the handshake, otherwise the first."""
    base = exchange.server
    if tls.sni is None:
        exchange.step("connection", f"no name in the handshake: {base.label()}")
        return base
    connection = exchange.connection
    chain = exchange.evaluator.model.chain(connection.local, connection.port)
    servers = [base]
    if chain is not None and chain.names:
        servers = [server for server, at in chain.names if at.port in (0, connection.port)]
    for server in servers:
        if matches_name(server, tls.sni):
            exchange.step("connection", f"the handshake's name {tls.sni} leads to {server.label()}")
            return server
    exchange.step("connection", f"no virtual host has the handshake's name {tls.sni}: {base.label()}")
    return base
