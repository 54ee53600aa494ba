"""How the trace names what an expression looks at."""

from audit403.apache.expr.tree import Call, Text, Variable, Word

_FIELDS = {
    "HTTP_HOST": "header:host",
    "HTTP_USER_AGENT": "header:user-agent",
    "HTTP_REFERER": "header:referer",
    "HTTP_COOKIE": "header:cookie",
    "HTTP_ACCEPT": "header:accept",
    "HTTP_FORWARDED": "header:forwarded",
    "HTTP_PROXY_CONNECTION": "header:proxy-connection",
    "REQUEST_METHOD": "method",
    "REQUEST_URI": "uri",
    "DOCUMENT_URI": "uri",
    "QUERY_STRING": "query",
    "REMOTE_ADDR": "client",
    "CONN_REMOTE_ADDR": "connection-client",
    "REMOTE_USER": "user",
    "REMOTE_HOST": "client-host",
    "SERVER_NAME": "host",
    "SERVER_PORT": "port",
    "REQUEST_SCHEME": "scheme",
    "HTTPS": "scheme",
    "SSL_CLIENT_VERIFY": "tls.client_certificate",
    "SSL_TLS_SNI": "tls.sni",
}


def field_of(word: Word) -> str | None:
    """What a word looks at, if it looks at one thing of the request."""
    if isinstance(word, Variable):
        return _FIELDS.get(word.name, f"variable:{word.name}")
    if isinstance(word, Call) and isinstance(word.argument, Text):
        name = word.argument.value.lower()
        if word.name in ("req", "http", "req_novary"):
            return f"header:{name}"
        if word.name in ("env", "reqenv"):
            return f"env:{word.argument.value}"
    if isinstance(word, Call) and word.name in ("tolower", "toupper", "unescape"):
        return field_of(word.argument)
    return None
