"""What mod_ssl tells about the connection.

Truth: modules/ssl/ssl_engine_vars.c. Of the handshake a request says which name was asked for (SNI) and whether there
was a client's certificate; the rest is unknown.
"""

from audit403.apache.decide.exchange import Exchange, Value
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Unknown


def is_tls(exchange: Exchange) -> bool:
    """Whether the connection is encrypted."""
    return exchange.connection.tls is not None


def ssl_variable(exchange: Exchange, name: str) -> Value | None:
    """What `SSL_` and this name stand for on an encrypted connection."""
    tls = exchange.connection.tls
    assert tls is not None
    upper = name.upper()
    if upper == "TLS_SNI":
        return tls.sni
    if upper == "CLIENT_VERIFY":
        return client_verify(exchange)
    if upper.startswith("CLIENT_") and tls.client_certificate == "none":
        return None
    if upper in ("SECURE_RENEG", "SRP_USER", "SRP_USERINFO"):
        return None if upper != "SECURE_RENEG" else "true"
    return Unknown(Missing(REASON_STATE, f"SSL_{upper} of the connection"))


def client_verify(exchange: Exchange) -> str:
    """What SSL_CLIENT_VERIFY says."""
    tls = exchange.connection.tls
    assert tls is not None
    return {"verified": "SUCCESS", "failed": "GENEROUS"}.get(tls.client_certificate, "NONE")


def looked_up(exchange: Exchange, name: str) -> Value | None:
    """What SSL(name) comes to: also variables of the request, of the environment and of the time."""
    from audit403.apache.decide.environment import process_variable
    from audit403.apache.decide.expr.variables import variable
    from audit403.apache.expr.names import VARIABLES

    upper = name.upper()
    if upper.startswith("SSL_"):
        if is_tls(exchange):
            return ssl_variable(exchange, name[4:])
        return Unknown(Missing(REASON_STATE, upper)) if upper.startswith("SSL_VERSION_") else None
    if upper.startswith("HTTP:") and len(name) > 5:
        return exchange.header(name[5:])
    if upper.startswith("ENV:") and len(name) > 4:
        note = exchange.notes.get(name[4:].lower())
        found = note if isinstance(note, str) else exchange.env.get(name[4:])
        return process_variable(exchange, name[4:]) if found is None else found
    return variable(exchange, upper) if upper in _LOOKED_UP & VARIABLES else None


_LOOKED_UP = frozenset(
    (
        "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_COOKIE", "HTTP_FORWARDED", "HTTP_HOST", "HTTP_PROXY_CONNECTION",
        "HTTP_ACCEPT", "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI", "REQUEST_FILENAME", "REMOTE_ADDR",
        "REMOTE_HOST", "REMOTE_IDENT", "REMOTE_USER", "SERVER_ADMIN", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
        "SCRIPT_FILENAME", "PATH_INFO", "QUERY_STRING", "IS_SUBREQ", "DOCUMENT_ROOT", "AUTH_TYPE", "THE_REQUEST",
        "HTTPS", "SERVER_SOFTWARE", "API_VERSION", "TIME_YEAR", "TIME_MON", "TIME_DAY", "TIME_HOUR", "TIME_MIN",
        "TIME_SEC", "TIME_WDAY", "TIME",
    )
)  # fmt: skip
