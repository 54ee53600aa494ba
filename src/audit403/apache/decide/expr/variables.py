"""The variables of expressions.

Truth: the var_fn functions of server/util_expr_eval.c. What hangs on the moment, on the connection's number or on how
httpd was built is unknown.
"""

from collections.abc import Callable

from audit403.apache.decide.exchange import Exchange, Value
from audit403.apache.decide.hosts import client_name, ip_text
from audit403.apache.decide.server_name import request_scheme, server_admin, server_name_for_url, server_port
from audit403.apache.decide.ssl_variables import is_tls, ssl_variable
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Unknown
from audit403.evidence.interface import Group, User
from audit403.http.address import IPV6

_API_VERSION = "20120211"
_HEADERS = {
    "HTTP_USER_AGENT": "User-Agent",
    "HTTP_PROXY_CONNECTION": "Proxy-Connection",
    "HTTP_REFERER": "Referer",
    "HTTP_COOKIE": "Cookie",
    "HTTP_FORWARDED": "Forwarded",
    "HTTP_HOST": "Host",
    "HTTP_ACCEPT": "Accept",
}
_OPEN = {
    "SERVER_SOFTWARE": "the server's banner",
    "REQUEST_LOG_ID": "the request's number in the log",
    "CONN_LOG_ID": "the connection's number in the log",
    "REMOTE_PORT": "the client's port",
    "LAST_MODIFIED": "the server's time zone",
}


def variable(exchange: Exchange, name: str) -> Value | None:
    """The value of a variable by its name in upper case; None is empty."""
    header = _HEADERS.get(name)
    if header is not None:
        return exchange.header(header)
    found = _VARIABLES.get(name)
    if found is not None:
        return found(exchange)
    if name.startswith("SSL_"):
        return ssl_variable(exchange, name[4:]) if is_tls(exchange) else None
    if name.startswith("TIME"):
        return Unknown(Missing(REASON_STATE, f"the time ({name})"))
    return Unknown(Missing(REASON_STATE, _OPEN.get(name, name)))


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _document_uri(exchange: Exchange) -> Value:
    found = exchange.env.get("DOCUMENT_URI")
    return exchange.uri if found is None else found


def _owner(exchange: Exchange) -> str | None:
    if exchange.found is None:
        return None
    user = exchange.evaluator.evidence.user(exchange.found.uid)
    return user.name if isinstance(user, User) else None


def _group(exchange: Exchange) -> str | None:
    if exchange.found is None:
        return None
    group = exchange.evaluator.evidence.group(exchange.found.gid)
    return group.name if isinstance(group, Group) else None


def request_line(exchange: Exchange) -> str:
    """The request line as it came."""
    request = exchange.request
    return f"{request.method} {request.target} HTTP/1.1"


_VARIABLES: dict[str, Callable[[Exchange], Value | None]] = {
    "API_VERSION": lambda _: _API_VERSION,
    "REQUEST_METHOD": lambda exchange: exchange.method_text,
    "REQUEST_SCHEME": request_scheme,
    "REQUEST_URI": lambda exchange: exchange.uri,
    "REQUEST_FILENAME": lambda exchange: exchange.filename,
    "SCRIPT_FILENAME": lambda exchange: exchange.filename,
    "REMOTE_HOST": client_name,
    "REMOTE_IDENT": lambda _: None,
    "REMOTE_USER": lambda exchange: exchange.user,
    "SERVER_ADMIN": server_admin,
    "SERVER_NAME": server_name_for_url,
    "SERVER_PORT": lambda exchange: str(server_port(exchange)),
    "SERVER_PROTOCOL": lambda exchange: exchange.protocol,
    "PATH_INFO": lambda exchange: exchange.path_info,
    "QUERY_STRING": lambda exchange: exchange.args,
    "IS_SUBREQ": lambda exchange: "false" if exchange.main is None else "true",
    "DOCUMENT_ROOT": lambda exchange: exchange.document_root,
    "AUTH_TYPE": lambda exchange: exchange.user_auth_type,
    "THE_REQUEST": request_line,
    "CONTENT_TYPE": lambda exchange: exchange.content_type,
    "HANDLER": lambda exchange: exchange.handler,
    "SCRIPT_USER": _owner,
    "SCRIPT_GROUP": _group,
    "DOCUMENT_URI": _document_uri,
    "CONTEXT_PREFIX": lambda exchange: exchange.context_prefix,
    "CONTEXT_DOCUMENT_ROOT": lambda exchange: exchange.context_document_root or exchange.document_root,
    "REQUEST_STATUS": lambda exchange: str(exchange.status) if exchange.status else "",
    "REMOTE_ADDR": lambda exchange: ip_text(exchange.client),
    "HTTPS": lambda exchange: _on(is_tls(exchange)),
    "IPV6": lambda exchange: _on(exchange.connection.client.family == IPV6),
    "CONN_REMOTE_ADDR": lambda exchange: ip_text(exchange.connection.client),
    "HTTP2": lambda _: "off",
}
