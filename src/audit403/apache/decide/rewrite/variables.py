"""`%{NAME}` in rules and conditions.

Truth: lookup_variable in modules/mappers/mod_rewrite.c.
"""

from collections.abc import Callable
from functools import lru_cache

from audit403.apache.decide.environment import process_variable
from audit403.apache.decide.exchange import Exchange, Value
from audit403.apache.decide.expr.variables import variable as expression_variable
from audit403.apache.decide.hosts import ip_text
from audit403.apache.decide.rewrite.context import Context, config_of
from audit403.apache.decide.ssl_variables import looked_up
from audit403.apache.decide.subrequests import look_up_file, look_up_uri
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Unknown
from audit403.evidence.interface import Entry, Group, User
from audit403.http.address import IPV6

_FIELDS = {
    "HTTP_HOST": "host", "REQUEST_METHOD": "method", "REMOTE_ADDR": "client", "CONN_REMOTE_ADDR": "client",
    "REMOTE_HOST": "client", "REQUEST_URI": "uri", "QUERY_STRING": "arguments", "REQUEST_SCHEME": "scheme",
    "HTTPS": "scheme", "SERVER_NAME": "host",
}  # fmt: skip
_HEADERS = {"HTTP_USER_AGENT": "user-agent", "HTTP_PROXY_CONNECTION": "proxy-connection"}


@lru_cache(maxsize=1000)
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
    if name.upper() in _SHARED and name[:5].upper() == "HTTP_":
        return f"header:{_HEADERS.get(name.upper(), name[5:].lower())}"
    return f"variable:{name}"


def variable(name: str, context: Context) -> Value:
    """The value of a variable; empty for what is not there."""
    if len(name.encode("utf-8", "surrogateescape")) < 4:
        return ""
    if name[3] == ":":
        return _environment_or_tls(name[:3].upper(), name[4:], context.exchange)
    if name[4:5] == ":":
        return _prefixed(name[:4].upper(), name[5:], context)
    upper = name.upper()
    own = _OWN.get(upper)
    if own is not None:
        return own(context.exchange)
    return (expression_variable(context.exchange, upper) or "") if upper in _SHARED else ""


def _environment_or_tls(kind: str, name: str, exchange: Exchange) -> Value:
    if not name:
        return ""
    if kind == "ENV":
        return _environment(exchange, name)
    return (looked_up(exchange, name) or "") if kind == "SSL" and exchange.evaluator.has("ssl") else ""


def _environment(exchange: Exchange, name: str) -> Value:
    note = exchange.notes.get(name.lower())
    found = note if isinstance(note, str) else exchange.env.get(name)
    return (process_variable(exchange, name) or "") if found is None else found


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


def _owner(exchange: Exchange) -> Entry | None:
    """Whose owner httpd knows: that of the file, or of the last directory on the way to one that is not there."""
    if exchange.found is not None or exchange.walk_cache is None:
        return exchange.found
    parent = exchange.walk_cache.directory
    return exchange.evaluator.files().stat(parent).entry if parent != "/" else None


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
    return Unknown(Missing(REASON_STATE, "the server's address")) if local is None else ip_text(local)


def _client_ipv6(exchange: Exchange) -> str:
    return "on" if exchange.client.family == IPV6 and not exchange.client.is_mapped() else "off"


#: What is not as in expressions.
_OWN: dict[str, Callable[[Exchange], Value]] = {
    "IPV6": _client_ipv6,
    "SERVER_ADDR": _server_address,
    "REMOTE_HOST": lambda exchange: ip_text(exchange.connection.client),
    "SCRIPT_USER": _script_user,
    "SCRIPT_GROUP": _script_group,
    "API_VERSION": lambda _: Unknown(Missing(REASON_STATE, "%{API_VERSION}")),
}
_SHARED = frozenset(
    (
        "TIME", "TIME_DAY", "TIME_SEC", "TIME_MIN", "TIME_MON", "TIME_WDAY", "TIME_YEAR", "TIME_HOUR", "HTTPS",
        "IS_SUBREQ", "PATH_INFO", "AUTH_TYPE", "HTTP_HOST", "SERVER_NAME", "REMOTE_ADDR", "HTTP_ACCEPT", "THE_REQUEST",
        "HTTP_COOKIE", "SERVER_PORT", "REMOTE_PORT", "REMOTE_USER", "REQUEST_URI", "REMOTE_IDENT", "HTTP_REFERER",
        "QUERY_STRING", "SERVER_ADMIN", "DOCUMENT_ROOT", "HTTP_FORWARDED", "CONTEXT_PREFIX", "REQUEST_METHOD",
        "REQUEST_SCHEME", "HTTP_USER_AGENT", "SCRIPT_FILENAME", "SERVER_PROTOCOL", "SERVER_SOFTWARE",
        "CONN_REMOTE_ADDR", "REQUEST_FILENAME", "HTTP_PROXY_CONNECTION", "CONTEXT_DOCUMENT_ROOT",
    )
)  # fmt: skip
