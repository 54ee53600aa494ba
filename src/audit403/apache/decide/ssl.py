"""mod_ssl's own refusals: names of the handshake, SSLRequireSSL, SSLVerifyClient in a section, SSLRequire.

Truth: ssl_hook_ReadReq, ssl_hook_Access, ssl_hook_UserCheck, ssl_hook_Auth and ssl_hook_Fixup in
modules/ssl/ssl_engine_kernel.c.
"""

from audit403.apache.decide.exchange import FORWARD, Exchange
from audit403.apache.decide.expression import evaluated
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN
from audit403.apache.decide.ssl_handshake import DEPTH, Handshake, engine_of, is_tls_request, shown, ssl_of
from audit403.apache.decide.ssl_variables import is_tls, looked_up
from audit403.apache.model.server import Server
from audit403.apache.model.ssl import (
    ALL_PROTOCOLS,
    DEFAULT_POLICY,
    FAKE_BASIC_AUTH,
    NONE,
    OPTIONAL_NO_CA,
    REQUIRE,
    SSL,
    STRICT_REQUIRE,
    TLS_1_3,
    SslConfig,
    SslServer,
)
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.core.place import Span
from audit403.http.base64 import decode_leniently

_NOTHING = SslConfig()
_FORBIDDEN_NOTE = "ssl-access-forbidden"
_BAD_REQUEST, _MISDIRECTED = 400, 421


def check_name(exchange: Exchange) -> int:
    """Whether the name of the handshake and that of the request belong together; asked once for a request."""
    handshake: Handshake | None = exchange.extra.get(SSL)
    if handshake is None or not is_tls(exchange) or exchange.proxied == FORWARD or exchange.prev is not None:
        return DECLINED
    tls = exchange.connection.tls
    assert tls is not None
    own, first = ssl_of(exchange.server), ssl_of(handshake.server)
    if tls.sni is not None and exchange.hostname is None:
        exchange.step("request", "a name in the handshake and none in the request: 400")
        log = f"AH02031: Hostname {tls.sni} provided via SNI, but no hostname provided in HTTP request"
        exchange.decided("no-host", None, "", log=log)
        return _BAD_REQUEST
    connection = exchange.connection
    chain = exchange.evaluator.model.chain(connection.local, connection.port)
    if tls.sni is None and (own.strict_sni or first.strict_sni) and chain is not None and chain.names:
        directive = own.strict_sni_directive if own.strict_sni else first.strict_sni_directive
        where = None if directive is None else directive.span
        exchange.step("request", "SSLStrictSNIVHostCheck on", where, False, "tls.sni", "exists")
        log = "AH02033: No hostname was provided via SNI for a name based virtual host"
        exchange.decided("no-sni", where, "this asks for a name in the handshake", log=log)
        return FORBIDDEN
    policy = ssl_of(exchange.evaluator.model.main).policy or DEFAULT_POLICY
    if exchange.server is not handshake.server and not _compatible(exchange, handshake.server, policy):
        exchange.step("request", f"the handshake was for {handshake.server.label()}: 421")
        log = (
            f"AH02032: Hostname {tls.sni or handshake.server.label()} and hostname {exchange.hostname} provided via "
            f"HTTP have no compatible SSL setup for policy '{policy}'"
        )
        exchange.decided("misdirected", None, "", log=log)
        return _MISDIRECTED
    return DECLINED


def _compatible(exchange: Exchange, other: Server, policy: str) -> bool:
    """Whether two servers' settings for TLS are the same, as far as the policy asks."""
    if policy == "insecure":
        return True
    if policy == "strict":
        return False
    left, right = (_complete(exchange, server) for server in (exchange.server, other))
    same_login = (
        left.verify == right.verify
        and left.depth == right.depth
        and _named(left.authorities, "sslca") == _named(right.authorities, "sslca")
        and left.ciphers == right.ciphers
    )
    if policy == "authonly":
        return same_login
    return (
        same_login
        and (left.protocols or ALL_PROTOCOLS) == (right.protocols or ALL_PROTOCOLS)
        and left.authorities == right.authorities
        and set(left.certificates) == set(right.certificates)
        and set(left.keys) == set(right.keys)
    )


def _complete(exchange: Exchange, server: Server) -> SslServer:
    """A server's settings with what holds where nothing is said."""
    found = ssl_of(server)
    if engine_of(exchange, server) != "on":
        return found
    return found._replace(verify=found.verify or NONE, depth=DEPTH if found.depth is None else found.depth)


def _named(settings: tuple[tuple[str, str], ...], prefix: str) -> set[tuple[str, str]]:
    return {one for one in settings if one[0].startswith(prefix) and "dnrequest" not in one[0]}


def check_access(exchange: Exchange) -> int:
    """SSLRequireSSL, then the client's certificate, then SSLRequire."""
    config: SslConfig = exchange.config(SSL, _NOTHING)
    encrypted = is_tls(exchange)
    if config.required is not None:
        where = config.required.span
        exchange.step("access", "SSLRequireSSL", where, encrypted, "scheme", "equals", "https")
        if not encrypted:
            reason = "SSL connection required"
            log = f"AH02219: access to {exchange.filename} failed, reason: {reason}"
            return _refused(exchange, "ssl-required", where, "the request came without TLS, and this demands it", log)
    if not encrypted or engine_of(exchange, exchange.server) == "off":
        return DECLINED
    status = _check_certificate(exchange, config)
    if status != DECLINED:
        return status
    if config.user_name is not None and FAKE_BASIC_AUTH not in config.options.opts:
        user = looked_up(exchange, config.user_name)
        if user:
            exchange.user = user
    for required in config.expressions:
        where = required.directive.span
        held = evaluated(exchange, required.expression, where, "access", of_ssl=True)
        exchange.step("access", f"SSLRequire {required.expression}", where, held.met is True)
        if held.met is None:
            log = f"AH02265: access to {exchange.filename} failed, reason: Failed to execute SSL requirement expression"
            return _refused(exchange, "ssl-require", where, "this cannot be evaluated", log)
        if not held.met:
            log = f"AH02229: access to {exchange.filename} failed, reason: SSL requirement expression not fulfilled"
            return _refused(exchange, "ssl-require", where, "this is not met", log)
    return DECLINED


def _refused(exchange: Exchange, name: str, where: Span, message: str, log: str) -> int:
    exchange.notes[_FORBIDDEN_NOTE] = "1"
    exchange.decided(name, where, message, log=log)
    return FORBIDDEN


def _check_certificate(exchange: Exchange, config: SslConfig) -> int:
    """Whether a section asks for more of a certificate than the handshake did."""
    own = ssl_of(exchange.server)
    handshake: Handshake | None = _handshake(exchange)
    first = own if handshake is None else handshake.settings
    modes = {config.verify or NONE, own.verify or NONE}
    if modes == {NONE}:
        return DECLINED
    asked = first.verify or NONE
    requires = REQUIRE in modes
    lacks = asked == NONE or (requires and asked != REQUIRE)
    if not lacks:
        before = DEPTH if own.depth is None else own.depth
        lacks = config.depth is not None and config.depth < before
    if not lacks:
        return DECLINED
    directive = config.verify_directive or own.verify_directive
    where = None if directive is None else directive.span
    if first.protocols is not None and TLS_1_3 not in first.protocols:
        if REQUIRE in modes and handshake is not None and _has_other_authorities(exchange, handshake):
            exchange.step("access", "the certificate would have to be of other authorities than the handshake's", where)
            message = "this asks for a certificate of authorities that only clients with SNI are told of"
            exchange.decided("authorities-without-name", where, message)
            return FORBIDDEN
        return _renegotiated(exchange, config, modes, where)
    exchange.step("access", "a certificate is asked for after the handshake, which browsers do not give", where)
    log = "AH10158: cannot perform post-handshake authentication"
    exchange.decided("post-handshake", where, "this asks for a certificate that the handshake did not ask for", log=log)
    return FORBIDDEN


def _has_other_authorities(exchange: Exchange, handshake: Handshake) -> bool:
    """Whether the handshake was another server's, with other authorities (MODSSL_CFG_CA_NE)."""
    theirs, own = dict(ssl_of(handshake.server).authorities), ssl_of(exchange.server).authorities
    names = ("sslcacertificatefile", "sslcacertificatepath")
    return handshake.server is not exchange.server and any(
        name in names and value != theirs.get(name) for name, value in own
    )


def _renegotiated(exchange: Exchange, config: SslConfig, modes: set[str], where: Span | None) -> int:
    """Below TLS 1.3 there is another handshake, in which the client shows what it has."""
    own = ssl_of(exchange.server)
    certificate = "none" if exchange.request.tls is None else shown(own, exchange.request.tls)
    depth = next((each for each in (config.depth, own.depth) if each is not None), DEPTH)
    # One that an authority has signed itself is one step below it.
    met = (certificate == "verified" and depth >= 1) or (certificate == "none" and REQUIRE not in modes)
    met = met or (certificate == "failed" and OPTIONAL_NO_CA in modes and REQUIRE not in modes)
    text = "another handshake asks for a certificate"
    exchange.step("access", text, where, met, "tls.client_certificate", "accepted")
    tls = exchange.connection.tls
    assert tls is not None
    if met:
        exchange.connection = exchange.connection._replace(tls=tls._replace(client_certificate=certificate))
        return DECLINED
    # It ends the connection, so that the client never sees the 403 that stands in the access log.
    exchange.status_known = False
    log = "AH02261: Re-negotiation handshake failed"
    exchange.decided("renegotiation", where, "this asks for a certificate that the client does not have", log=log)
    return FORBIDDEN


def _handshake(exchange: Exchange) -> Handshake | None:
    at: Exchange | None = exchange
    while at is not None:
        found: Handshake | None = at.extra.get(SSL)
        if found is not None:
            return found
        at = at.prev or at.main
    return None


def check_user(exchange: Exchange) -> int:
    """StrictRequire once more, and the subject of a certificate as a user's name."""
    config: SslConfig = exchange.config(SSL, _NOTHING)
    if _is_strictly_forbidden(exchange, config):
        return FORBIDDEN
    if exchange.prev is not None or exchange.main is not None:
        return DECLINED
    header = exchange.header("Authorization")
    if isinstance(header, Unknown):
        raise Undecided(header.missing)
    scheme, _, rest = (header or "").partition(" ")
    if scheme.lower() == "basic":
        user, _, password = decode_leniently(rest.lstrip(" \t")).partition("\0")[0].partition(":")
        if user.startswith("/") and password == "password":
            exchange.step("authn", "the name and the password are those of FakeBasicAuth: 403")
            log = f"AH02035: Encountered FakeBasicAuth spoof: {user}"
            exchange.decided("fake-basic-auth", None, "", log=log)
            return FORBIDDEN
    tls = exchange.connection.tls
    if tls is None or tls.client_certificate == "none" or not is_tls_request(exchange):
        return DECLINED
    if FAKE_BASIC_AUTH in config.options.opts and exchange.user is None:
        missing = Missing(REASON_STATE, "the subject of the client's certificate")
        exchange.headers.set("Authorization", Unknown(missing))
    return DECLINED


def check_authorization(exchange: Exchange) -> int:
    """StrictRequire a last time."""
    config: SslConfig = exchange.config(SSL, _NOTHING)
    return FORBIDDEN if _is_strictly_forbidden(exchange, config) else DECLINED


def _is_strictly_forbidden(exchange: Exchange, config: SslConfig) -> bool:
    return STRICT_REQUIRE in config.options.opts and _FORBIDDEN_NOTE in exchange.notes


def fixup(exchange: Exchange) -> int:
    """The variables that are always there on an encrypted connection."""
    tls = exchange.connection.tls
    if tls is not None and is_tls_request(exchange):
        exchange.env.set("HTTPS", "on")
        if tls.sni is not None:
            exchange.env.set("SSL_TLS_SNI", tls.sni)
    return DECLINED
