"""The variables that nginx itself defines, each computed from the request, the server block and the file names.

Truth: ngx_http_core_variables in src/http/ngx_http_variables.c and the variables of the bundled modules.
"""

from collections.abc import Callable

from audit403.core.decision import REASON_PROGRAM, REASON_STATE, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.decide.map_path import document_root, map_uri_to_path
from audit403.nginx.decide.tls import client_certificate

Handler = Callable[[Exchange], Value]

_JOINED_HEADERS = {"x_forwarded_for": ", ", "cookie": "; "}
_CERTIFICATE_VARIABLES = (
    *("ssl_client_s_dn", "ssl_client_s_dn_legacy", "ssl_client_i_dn", "ssl_client_i_dn_legacy", "ssl_client_serial"),
    *("ssl_client_fingerprint", "ssl_client_cert", "ssl_client_raw_cert", "ssl_client_escaped_cert"),
    *("ssl_client_v_start", "ssl_client_v_end", "ssl_client_v_remain"),
)
_HANDSHAKE_VARIABLES = ("ssl_protocol", "ssl_cipher", "ssl_ciphers", "ssl_curves", "ssl_session_id", "ssl_early_data")
_KNOWN_HEADERS = frozenset(("user_agent", "referer", "via"))


def _header(exchange: Exchange, name: str) -> Value:
    """`$http_name`: of a header sent several times the first counts, but X-Forwarded-For and Cookie are joined."""
    wanted = name.replace("_", "-")
    if wanted == "host":
        return exchange.request.host
    separator = _JOINED_HEADERS.get(name)
    if separator is not None:
        values = [value for key, value in exchange.request.headers if lower(key) == wanted]
        value: Value = separator.join(values) if values else None
    else:
        known = name in _KNOWN_HEADERS
        value = next(
            (
                text
                for key, text in exchange.request.headers
                if (lower(key) == wanted if known else lower(key).replace("-", "_") == name)
            ),
            None,
        )
    return value


def _cookie(exchange: Exchange, name: str) -> Value:
    for key, value in exchange.request.headers:
        if lower(key) == "cookie":
            found = cookie_value(value, name)
            if found is not None:
                return found
    return None


def cookie_value(header: str, name: str) -> str | None:
    """The value of a cookie in one Cookie header, as ngx_http_parse_multi_header_lines finds it."""
    position, length = 0, len(header)
    if len(name) > length:
        return None
    while position < length:
        if lower(header[position : position + len(name)]) == lower(name):
            rest = position + len(name)
            while rest < length and header[rest] == " ":
                rest += 1
            if rest < length and header[rest] == "=":
                return header[rest + 1 :].lstrip(" ").partition(";")[0]
            position = rest + 1  # nginx skips the character that it looked at, be it the end of this cookie
        while position < length and header[position] not in ";,":
            position += 1
        position += 1
        while position < length and header[position] == " ":
            position += 1
    return None


def argument_value(args: str, name: str) -> str | None:
    """`$arg_name`: the first argument of that name, without regard to case."""
    for pair in args.split("&"):
        key, equals, value = pair.partition("=")
        if equals and lower(key) == lower(name):
            return value
    return None


def _argument(exchange: Exchange, name: str) -> Value:
    return argument_value(exchange.args, name)


def _host(exchange: Exchange) -> Value:
    return exchange.host or exchange.server.first_name()


def _remote_addr(exchange: Exchange) -> Value:
    return exchange.client.text()


def _binary_remote_addr(exchange: Exchange) -> Value:
    return exchange.client.packed().decode("utf-8", "surrogateescape")


def _realip_remote_addr(exchange: Exchange) -> Value:
    return exchange.connection_client.text()


def _server_addr(exchange: Exchange) -> Value:
    if exchange.request.to is not None:
        return exchange.request.to.strip("[]")
    address = exchange.socket.listen.address
    if address is not None:
        return address.text()
    return Unknown(Missing(REASON_STATE, "$server_addr"))


def _server_port(exchange: Exchange) -> Value:
    return str(exchange.socket.listen.port)


def _scheme(exchange: Exchange) -> Value:
    return "https" if exchange.request.tls is not None else "http"


def _https(exchange: Exchange) -> Value:
    return "on" if exchange.request.tls is not None else ""


def _uri(exchange: Exchange) -> Value:
    return exchange.uri


def _request_uri(exchange: Exchange) -> Value:
    return exchange.request_line_target


def _request(exchange: Exchange) -> Value:
    return f"{exchange.request.method} {exchange.request.target} HTTP/1.1"


def _args(exchange: Exchange) -> Value:
    return exchange.args


def _is_args(exchange: Exchange) -> Value:
    return "?" if exchange.args else ""


def _document_root(exchange: Exchange) -> Value:
    return document_root(exchange)


def _realpath_root(exchange: Exchange) -> Value:
    root = document_root(exchange)
    if isinstance(root, Unknown):
        return root
    resolution = exchange.evaluator.files().resolver.stat(root)
    if resolution.missing is not None:
        return Unknown(resolution.missing)
    return resolution.path if resolution.errno == 0 else None


def _request_filename(exchange: Exchange) -> Value:
    try:
        mapped = map_uri_to_path(exchange)
    except Undecided as error:
        return Unknown(error.missing)
    return None if mapped is None else mapped.path


def _server_name(exchange: Exchange) -> Value:
    return exchange.server.first_name()


def _request_method(exchange: Exchange) -> Value:
    return exchange.main.method


def _remote_user(exchange: Exchange) -> Value:
    from audit403.nginx.decide.auth_header import credentials_of

    found = credentials_of(exchange)
    return None if found is None else found[0]


def _content_length(exchange: Exchange) -> Value:
    length = exchange.request.body_length
    return None if length is None else str(length)


def _content_type(exchange: Exchange) -> Value:
    return _header(exchange, "content_type")


def _invalid_referer(exchange: Exchange) -> Value:
    from audit403.nginx.decide.variables.referer import invalid_referer

    return invalid_referer(exchange)


def _secure_link(exchange: Exchange) -> Value:
    from audit403.nginx.decide.variables.secure_link import secure_link

    return secure_link(exchange)


def _secure_link_expires(exchange: Exchange) -> Value:
    from audit403.nginx.decide.variables.secure_link import secure_link_expires

    return secure_link_expires(exchange)


def _limit_rate(exchange: Exchange) -> Value:
    return str(exchange.limit_rate)


def _proxy_protocol(exchange: Exchange) -> Value:
    if any(listen.proxy_protocol for listen in exchange.socket.listens):
        return Unknown(Missing(REASON_STATE, "the PROXY protocol's addresses"))
    return None


def _proxy_add_x_forwarded_for(exchange: Exchange) -> Value:
    forwarded = _header(exchange, "x_forwarded_for")
    client = exchange.client.text()
    return f"{forwarded}, {client}" if isinstance(forwarded, str) else client


def _client_verify(exchange: Exchange) -> Value:
    if exchange.request.tls is None:
        return None
    certificate = client_certificate(exchange)
    return {"none": "NONE", "verified": "SUCCESS"}.get(certificate, "FAILED:unable to verify the first certificate")


def _of_certificate(name: str) -> Handler:
    """What the client's certificate says: nothing where there is none."""

    def handler(exchange: Exchange) -> Value:
        return None if client_certificate(exchange) == "none" else Unknown(Missing(REASON_PROGRAM, f"${name}"))

    return handler


def _of_handshake(name: str) -> Handler:
    """What the two sides of a TLS connection agreed on: nothing where it is none."""

    def handler(exchange: Exchange) -> Value:
        return None if exchange.request.tls is None else Unknown(Missing(REASON_PROGRAM, f"${name}"))

    return handler


def _ssl_server_name(exchange: Exchange) -> Value:
    tls = exchange.request.tls
    return None if tls is None else tls.sni


def _nothing(exchange: Exchange) -> Value:
    return None


def _version(exchange: Exchange) -> Value:
    return "HTTP/1.0" if exchange.http_10 else "HTTP/1.1"


def _document_uri(exchange: Exchange) -> Value:
    return exchange.uri


BUILTIN: dict[str, Handler] = {
    "args": _args,
    "binary_remote_addr": _binary_remote_addr,
    "content_length": _content_length,
    "content_type": _content_type,
    "document_root": _document_root,
    "document_uri": _document_uri,
    "host": _host,
    "http2": _nothing,
    "https": _https,
    "invalid_referer": _invalid_referer,
    "is_args": _is_args,
    "limit_rate": _limit_rate,
    "proxy_add_x_forwarded_for": _proxy_add_x_forwarded_for,
    "proxy_protocol_addr": _proxy_protocol,
    "proxy_protocol_port": _proxy_protocol,
    "proxy_protocol_server_addr": _proxy_protocol,
    "proxy_protocol_server_port": _proxy_protocol,
    "query_string": _args,
    "realip_remote_addr": _realip_remote_addr,
    "realpath_root": _realpath_root,
    "remote_addr": _remote_addr,
    "remote_user": _remote_user,
    "request": _request,
    "request_filename": _request_filename,
    "request_method": _request_method,
    "request_uri": _request_uri,
    "scheme": _scheme,
    "secure_link": _secure_link,
    "secure_link_expires": _secure_link_expires,
    "server_addr": _server_addr,
    "server_name": _server_name,
    "server_port": _server_port,
    "server_protocol": _version,
    "ssl_client_verify": _client_verify,
    **{name: _of_certificate(name) for name in _CERTIFICATE_VARIABLES},
    **{name: _of_handshake(name) for name in _HANDSHAKE_VARIABLES},
    "ssl_server_name": _ssl_server_name,
    "uri": _uri,
}
"""Each variable that needs no other program, by name."""

NOT_CACHED = frozenset(
    (
        "args",
        "document_root",
        "document_uri",
        "is_args",
        "limit_rate",
        "query_string",
        "realpath_root",
        "request_filename",
        "request_method",
        "uri",
    )
)
"""Variables that nginx computes anew each time they are used."""

PREFIXES: tuple[tuple[str, Callable[[Exchange, str], Value], bool], ...] = (
    ("http_", _header, True),
    ("arg_", _argument, False),
    ("cookie_", _cookie, True),
)
"""Families of variables: prefix, handler of the rest of the name, and whether the value is kept."""

STATE_VARIABLES = frozenset(
    (
        "body_bytes_sent",
        "bytes_sent",
        "connection",
        "connection_requests",
        "connection_time",
        "connections_active",
        "connections_reading",
        "connections_waiting",
        "connections_writing",
        "date_gmt",
        "date_local",
        "limit_conn_status",
        "limit_req_status",
        "msec",
        "nginx_version",
        "pid",
        "pipe",
        "remote_port",
        "realip_remote_port",
        "request_body",
        "request_body_file",
        "request_completion",
        "request_id",
        "request_length",
        "request_time",
        "status",
        "time_iso8601",
        "time_local",
    )
)
"""Variables that hang on the moment, the connection or the host, which a configuration does not show."""
