"""Variables that few conditions ask for: browsers, FastCGI's names, what answers and upstreams have before they come.

Truth: ngx_http_variables.c, ngx_http_upstream.c, and the browser, userid, fastcgi, limit and slice modules.
"""

from collections.abc import Callable

from audit403.core.decision import REASON_FILE, REASON_PROGRAM, REASON_STATE, Missing
from audit403.core.open_question import Unknown
from audit403.http.regex import InvalidRegex, compile_regex
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange, Value
from audit403.nginx.decide.variables.builtin import STATE_VARIABLES, cookie_value

_SENDS_HEADERS = frozenset((201, 301, 302, 303, 307, 308, 401, 405, 416))
"""Statuses with which nginx has already made a header when an error page is looked for."""

_KEPT = frozenset(
    (
        *("ancient_browser", "modern_browser", "msie", "uid_got", "uid_set", "uid_reset", "slice_range", "gzip_ratio"),
        *("bytes_sent", "body_bytes_sent", "request_body", "request_body_file"),
    )
)


def rare_variable(exchange: Exchange, name: str) -> tuple[Value, bool]:
    """The value, and whether nginx keeps it."""
    handler = _HANDLERS.get(name)
    if handler is None:
        handler = next((found for prefix, found in _PREFIXES if name.startswith(prefix)), _unseen)
    return handler(exchange, name), name in _KEPT


def _unseen(exchange: Exchange, name: str) -> Value:
    if name in STATE_VARIABLES or name.startswith("tcpinfo_"):
        return _state(name)
    return Unknown(Missing(REASON_PROGRAM, f"${name}"))


def _state(name: str) -> Unknown:
    return Unknown(Missing(REASON_STATE, f"${name}"))


def _unless_answered(exchange: Exchange, name: str, value: str | None) -> Value:
    """What the variable is as long as no other program has answered."""
    return Unknown(Missing(REASON_PROGRAM, f"${name}")) if exchange.handed_on else value


def _status(exchange: Exchange, name: str) -> Value:
    status = exchange.err_status or exchange.response_status
    return f"{status:03}" if status else _unless_answered(exchange, name, "000")


def _nothing(exchange: Exchange, name: str) -> Value:
    """What there is only at the end of a request, or while another is made."""
    return None


def _empty(exchange: Exchange, name: str) -> Value:
    return ""


def _zero(exchange: Exchange, name: str) -> Value:
    return "0"


def _body(exchange: Exchange, name: str) -> Value:
    """Read only for a program that gets it."""
    return _unless_answered(exchange, name, None) if exchange.request.body_length else None


def _upstream(exchange: Exchange, name: str) -> Value:
    return _unless_answered(exchange, name, None)


def _limit(exchange: Exchange, name: str) -> Value:
    return _state(name) if name.removesuffix("_status") in exchange.counted else None


def _slice(exchange: Exchange, name: str) -> Value:
    return None if exchange.context.argument("slice", "0").rstrip("kKmMgG") == "0" else _state(name)


def _session_reused(exchange: Exchange, name: str) -> Value:
    return None if exchange.request.tls is None else _state(name)


def _hostname(exchange: Exchange, name: str) -> Value:
    own = exchange.evaluator.evidence.hostname()
    return lower(own) if isinstance(own, str) else _state(name)


def _geoip(exchange: Exchange, name: str) -> Value:
    return Unknown(Missing(REASON_FILE, f"${name}, out of a database"))


def _browser(exchange: Exchange, name: str) -> Value:
    from audit403.nginx.decide.variables.browser import browser_value

    return browser_value(exchange, name)


def _msie(exchange: Exchange, name: str) -> Value:
    return "1" if is_msie(exchange) else ""


def _sent(exchange: Exchange, name: str) -> Value:
    if name == "sent_http_connection" or exchange.err_status in _SENDS_HEADERS:
        return _state(name)
    return _unless_answered(exchange, name, None)


def _uid(exchange: Exchange, name: str) -> Value:
    switched = exchange.context.argument("userid", "off")
    if switched == "off" or (name == "uid_set" and switched == "log"):
        return None
    cookie = exchange.context.argument("userid_name", "uid")
    cookies = [value for key, value in exchange.request.headers if lower(key) == "cookie"]
    has_one = any(cookie_value(value, cookie) is not None for value in cookies)
    return _state(name) if has_one or name == "uid_set" else None


def is_msie(exchange: Exchange) -> bool:
    """Whether nginx takes the client for an Internet Explorer."""
    agent = exchange.request.header("user-agent") or ""
    start = agent.find("MSIE ")
    return start >= 0 and start + 7 < len(agent) and "Opera" not in agent


def _fastcgi(exchange: Exchange, name: str) -> Value:
    """The two parts of the URI; they stay as they are when the URI changes, until an internal redirect."""
    if exchange.fastcgi_names is None or not exchange.fastcgi_names[0]:
        exchange.fastcgi_names = _split(exchange)
    script, info = exchange.fastcgi_names
    if name == "fastcgi_path_info":
        return info
    return script + exchange.context.argument("fastcgi_index", "") if script.endswith("/") else script


def _split(exchange: Exchange) -> tuple[str, str]:
    pattern = exchange.context.argument("fastcgi_split_path_info", "")
    if pattern:
        try:
            captured = compile_regex(pattern).search(exchange.uri)
        except InvalidRegex:
            captured = None
        if captured is not None and captured.count > 2:
            return captured.groups[1], captured.groups[2]
    return exchange.uri, ""


_Handler = Callable[[Exchange, str], Value]
_HANDLERS: dict[str, _Handler] = {
    "ancient_browser": _browser,
    "body_bytes_sent": _zero,
    "bytes_sent": _zero,
    "fastcgi_path_info": _fastcgi,
    "fastcgi_script_name": _fastcgi,
    "gzip_ratio": _nothing,
    "hostname": _hostname,
    "limit_conn_status": _limit,
    "limit_req_status": _limit,
    "modern_browser": _browser,
    "msie": _msie,
    "proxy_host": _nothing,
    "proxy_internal_body_length": _nothing,
    "proxy_port": _nothing,
    "request_body": _body,
    "request_body_file": _body,
    "request_completion": _empty,
    "slice_range": _slice,
    "ssl_session_reused": _session_reused,
    "status": _status,
    "uid_got": _uid,
    "uid_reset": _empty,
    "uid_set": _uid,
}
_PREFIXES: tuple[tuple[str, _Handler], ...] = (
    ("upstream_", _upstream),
    ("sent_http_", _sent),
    ("sent_trailer_", _sent),
    ("geoip_", _geoip),
)
