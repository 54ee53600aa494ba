"""`%{NAME}` in rules and conditions.

Truth: lookup_variable in modules/mappers/mod_rewrite.c.
"""

from collections.abc import Callable

from audit403.apache.decide.exchange import Exchange, Value
from audit403.apache.decide.rewrite.context import Context, config_of
from audit403.apache.decide.server_url import method_name, request_line, scheme_of, server_name, server_port
from audit403.apache.decide.subrequests import look_up_file, look_up_uri
from audit403.core.decision import REASON_STATE, REASON_UNDOCUMENTED, Missing
from audit403.core.open_question import Unknown
from audit403.evidence.interface import Entry, Group, User
from audit403.http.address import IPV6

_HEADERS = {
    "HTTP_HOST": "Host", "HTTP_ACCEPT": "Accept", "HTTP_COOKIE": "Cookie", "HTTP_REFERER": "Referer",
    "HTTP_FORWARDED": "Forwarded", "HTTP_USER_AGENT": "User-Agent", "HTTP_PROXY_CONNECTION": "Proxy-Connection",
}  # fmt: skip
_TIMES = frozenset(
    (
        "TIME", "TIME_DAY", "TIME_SEC", "TIME_MIN", "TIME_MON", "TIME_WDAY", "TIME_YEAR", "TIME_HOUR",
    )
)  # fmt: skip
_FIELDS = {
    "HTTP_HOST": "host", "REQUEST_METHOD": "method", "REMOTE_ADDR": "client", "CONN_REMOTE_ADDR": "client",
    "REMOTE_HOST": "client", "REQUEST_URI": "uri", "QUERY_STRING": "arguments", "REQUEST_SCHEME": "scheme",
    "HTTPS": "scheme", "SERVER_NAME": "host",
}  # fmt: skip


def field_of(text: str) -> str | None:
    """The part of a request that a text made of one variable shows, as the trace names it."""
    if not text.startswith("%{") or not text.endswith("}"):
        return None
    name = text[2:-1]
    if name[:5].upper() == "HTTP:":
        return "host" if name[5:].lower() == "host" else f"header:{name[5:].lower()}"
    known = _FIELDS.get(name.upper())
    if known is not None:
        return known
    header = _HEADERS.get(name.upper())
    return f"variable:{name}" if header is None else f"header:{header.lower()}"


def variable(name: str, context: Context) -> Value:
    """The value of a variable; empty for what is not there."""
    if len(name.encode("utf-8", "surrogateescape")) < 4:
        return ""
    if name[3] == ":":
        return _environment_or_tls(name[:3].upper(), name[4:], context.exchange)
    if name[4:5] == ":":
        return _prefixed(name[:4].upper(), name[5:], context)
    upper = name.upper()
    if upper in _TIMES:
        return Unknown(Missing(REASON_STATE, f"the time (%{{{upper}}})"))
    if upper in _HEADERS:
        return context.exchange.header(_HEADERS[upper]) or ""
    read = _VARIABLES.get(upper)
    return "" if read is None else read(context.exchange) or ""


def _environment_or_tls(kind: str, name: str, exchange: Exchange) -> Value:
    if not name:
        return ""
    if kind == "ENV":
        return _environment(exchange, name)
    return _tls(exchange, name) if kind == "SSL" else ""


def _environment(exchange: Exchange, name: str) -> Value:
    note = exchange.notes.get(name)
    if isinstance(note, str):
        return note
    found = exchange.env.get(name)
    if found is not None:
        return found
    return exchange.evaluator.model.process.environment.get(name, "")


def _tls(exchange: Exchange, name: str) -> Value:
    """What mod_ssl says of the connection; without it there is nothing to ask."""
    if not exchange.evaluator.has("ssl"):
        return ""
    upper = name.upper()
    if upper == "HTTPS":
        return _https(exchange)
    if exchange.connection.tls is None and not upper.startswith("SSL_VERSION"):
        return "" if upper.startswith("SSL_") else Unknown(Missing(REASON_STATE, f"%{{SSL:{name}}}"))
    if upper == "SSL_TLS_SNI" and exchange.connection.tls is not None:
        return exchange.connection.tls.sni or ""
    return Unknown(Missing(REASON_STATE, f"%{{SSL:{name}}}"))


def _prefixed(kind: str, name: str, context: Context) -> Value:
    if not name:
        return ""
    if kind == "HTTP":
        return context.exchange.header(name) or ""
    if kind not in ("LA-U", "LA-F") or not context.looks_ahead:
        return ""
    exchange = context.exchange
    inner = _ahead_by_url(context) if kind == "LA-U" else _ahead_by_file(context)
    context.exchange = inner
    value = variable(name, context)
    context.exchange = exchange
    shown = value.missing.name if isinstance(value, Unknown) else value
    exchange.step("subrequest", f"looking ahead, {name} is {shown}")
    return value


def _ahead_by_url(context: Context) -> Exchange:
    path = context.uri
    if context.directory is not None and not path.startswith("/"):
        config = config_of(context.exchange)
        path = (config.base or config.directory or "") + path
    return look_up_uri(context.exchange, path)


def _ahead_by_file(context: Context) -> Exchange:
    path = context.uri
    if context.directory is not None:
        if path.startswith("/"):
            return look_up_uri(context.exchange, path)
        path = (config_of(context.exchange).directory or "") + path
    return look_up_file(context.exchange, path)


def _https(exchange: Exchange) -> str:
    return "on" if scheme_of(exchange) == "https" else "off"


def _owner(exchange: Exchange) -> Entry | None:
    """Whose owner httpd knows: that of the file, or of the last directory on the way to one that is not there."""
    if exchange.found is not None or exchange.walk_cache is None:
        return exchange.found
    parent = (exchange.filename or "").rpartition("/")[0]
    return exchange.evaluator.files().stat(parent).entry if parent else None


def _script_user(exchange: Exchange) -> Value:
    owner = _owner(exchange)
    if owner is None:
        return "<unknown>"
    user = exchange.evaluator.evidence.user(owner.uid)
    return user.name if isinstance(user, User) else Unknown(Missing(REASON_STATE, f"the user {owner.uid}"))


def _script_group(exchange: Exchange) -> Value:
    owner = _owner(exchange)
    if owner is None:
        return "<unknown>"
    group = exchange.evaluator.evidence.group(owner.gid)
    return group.name if isinstance(group, Group) else Unknown(Missing(REASON_STATE, f"the group {owner.gid}"))


def _server_address(exchange: Exchange) -> Value:
    local = exchange.connection.local
    return Unknown(Missing(REASON_STATE, "the server's address")) if local is None else local.text()


def _remote_ipv6(exchange: Exchange) -> str:
    return "on" if exchange.client.family == IPV6 and not exchange.client.is_mapped() else "off"


def _not_known(name: str) -> Callable[[Exchange], Value]:
    return lambda exchange: Unknown(Missing(REASON_UNDOCUMENTED, f"%{{{name}}}"))


_VARIABLES: dict[str, Callable[[Exchange], Value | None]] = {
    "IPV6": _remote_ipv6,
    "HTTPS": _https,
    "IS_SUBREQ": lambda exchange: "false" if exchange.main is None else "true",
    "PATH_INFO": lambda exchange: exchange.path_info,
    "AUTH_TYPE": lambda exchange: exchange.user_auth_type,
    "SERVER_NAME": server_name,
    "REMOTE_ADDR": lambda exchange: exchange.client.text(),
    "CONN_REMOTE_ADDR": lambda exchange: exchange.connection.client.text(),
    "SERVER_ADDR": _server_address,
    "THE_REQUEST": request_line,
    "SERVER_PORT": lambda exchange: str(server_port(exchange)),
    "REMOTE_HOST": lambda exchange: exchange.connection.client.text(),
    "REMOTE_USER": lambda exchange: exchange.user,
    "SCRIPT_USER": _script_user,
    "SCRIPT_GROUP": _script_group,
    "REQUEST_URI": lambda exchange: exchange.uri,
    "QUERY_STRING": lambda exchange: exchange.args,
    "DOCUMENT_ROOT": lambda exchange: exchange.document_root,
    "CONTEXT_PREFIX": lambda exchange: exchange.context_prefix,
    "CONTEXT_DOCUMENT_ROOT": lambda exchange: exchange.context_document_root or exchange.document_root,
    "REQUEST_METHOD": method_name,
    "REQUEST_SCHEME": scheme_of,
    "SCRIPT_FILENAME": lambda exchange: exchange.filename,
    "REQUEST_FILENAME": lambda exchange: exchange.filename,
    "SERVER_PROTOCOL": lambda exchange: exchange.protocol,
    **{name: _not_known(name) for name in ("SERVER_SOFTWARE", "SERVER_ADMIN", "API_VERSION", "REMOTE_PORT")},
}
