"""What nginx makes of a request before its phases run: the request line, the headers, the server block, TLS.

Truth: ngx_http_process_request_line, _process_request_headers, _process_request_header, ngx_http_set_virtual_server and
ngx_http_process_request in src/http/ngx_http_request.c, in that order. What fails early leaves the rest unread, and an
error page for it sees only what was read.
"""

import re
from functools import lru_cache

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.ascii import lower
from audit403.nginx.decide.choose_server import BadHost, choose_server, validate_host
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.header_buffers import too_large
from audit403.nginx.decide.normalise_uri import BadTarget, normalise_target
from audit403.nginx.decide.outcome import Closed, Outcome, Status
from audit403.nginx.decide.tls import Handshake, check_tls, handshake
from audit403.nginx.model.context import Context
from audit403.nginx.model.server import ASSUMED_HOSTNAME, Server

_METHOD_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
_HEADER_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")

_BROKEN_NAME = re.compile(r"[\x00-\x20\x7f:]|\A\Z")
_BROKEN_VALUE = re.compile(r"[\x00\r\n]")
_MOST_HEADERS = 1_000  # `max_headers` came with 1.29.8, and with the security fixes of distributions
_LONGEST_BODY = 2**63 - 1

_UNIQUE = frozenset(
    (
        "host",
        "if-modified-since",
        "if-unmodified-since",
        "if-match",
        "if-none-match",
        "content-length",
        "content-range",
        "if-range",
        "transfer-encoding",
        "expect",
        "authorization",
    )
)
"""Headers that nginx takes once; a second line is a bad request."""


def read_head(exchange: Exchange) -> Outcome | None:
    """Everything before the phases; a status when nginx stops here."""
    request = exchange.request
    hello = Handshake(exchange.server, None, None)
    if request.tls is not None:
        hello = handshake(exchange.socket, request.tls)
        _enter(exchange, hello.server)
        exchange.tls_server = hello.server
        if hello.server.flag("ssl_reject_handshake"):
            exchange.decided("handshake-rejected", hello.server.span(), "nginx rejects the TLS handshake")
            return Closed()
    return _request_line(exchange, hello) or _headers(exchange, hello) or _checks(exchange) or check_tls(exchange)


def _request_line(exchange: Exchange, hello: Handshake) -> Status | None:
    request = exchange.request
    if too_large(request, exchange.server) == 414:
        return _no_room(exchange, 414)
    try:
        if not request.method or not _METHOD_LETTERS.issuperset(request.method):
            raise BadTarget(request.method)
        target = normalise_target(request.target, exchange.server.flag("merge_slashes", True))
    except BadTarget as error:
        exchange.uri = exchange.request_line_target = ""
        exchange.request = request._replace(headers=(), host=None)
        return _bad_request(exchange, f'nginx rejects "{error}"')
    exchange.request_line_target = target.unparsed
    exchange.quoted_uri, exchange.plus_in_uri = target.quoted, target.plus
    exchange.uri, exchange.args = target.uri, target.args
    if target.host is None:
        return None
    exchange.request = request._replace(headers=(), host=None)
    try:
        name = validate_host(target.host)
    except BadHost as error:
        return _bad_request(exchange, f'nginx rejects "{error}"')
    outcome = _set_server(exchange, name, hello)
    exchange.request = request
    return outcome


def _headers(exchange: Exchange, hello: Handshake) -> Status | None:
    request = exchange.request
    if request.host is not None:
        host = request.host.strip(" ")
        if host != request.host:
            request = request._replace(host=host)
        try:
            name = validate_host(host)
        except BadHost as error:
            exchange.request = request._replace(headers=())
            return _bad_request(exchange, f'nginx rejects the Host "{error}"')
        outcome = None if exchange.host else _set_server(exchange, name, hello)
        if outcome is not None:
            exchange.request = request._replace(headers=())
            return outcome
    limit = exchange.server.argument("max_headers", "")
    most = int(limit) if limit.isascii() and limit.isdigit() else _MOST_HEADERS
    read = _read_headers(request.headers, request.host is not None, most, *_tolerance(exchange.server))
    exchange.request = request if read.headers == request.headers else request._replace(headers=read.headers)
    if read.is_full:
        return _no_room(exchange, 494)
    if read.fault:
        return _bad_request(exchange, read.fault)
    if too_large(request, exchange.server) is not None:
        return _no_room(exchange, 494)
    if request.host is None and not exchange.host:
        return _set_server(exchange, "", hello)
    return None


class _Read(NamedTuple):
    """The header lines that nginx keeps, up to where it stops: at a `fault`, or because it takes no more."""

    headers: tuple[tuple[str, str], ...]
    fault: str = ""
    is_full: bool = False


@lru_cache(maxsize=1024)  # many requests of a run have the same headers
def _read_headers(
    headers: tuple[tuple[str, str], ...], has_host: bool, most: int, invalid: bool, underscores: bool
) -> _Read:
    seen: set[str] = {"host"} if has_host else set()
    kept: list[tuple[str, str]] = []
    for name, value in headers:
        key = lower(name)
        if _BROKEN_NAME.search(name) or _BROKEN_VALUE.search(value):
            return _Read(tuple(kept), f"the header line of {name!r} is broken")
        if not invalid and not _HEADER_LETTERS.issuperset(key.replace("_", "") if underscores else key):
            continue
        if len(kept) + has_host >= most:
            return _Read(() if has_host else headers, is_full=True)
        kept.append((name, value.strip(" ")))
        if key in _UNIQUE and key in seen:
            return _Read(tuple(kept), f"a second {name} header")
        seen.add(key)
    same = tuple(kept)
    return _Read(headers if same == headers else same)


def _checks(exchange: Exchange) -> Status | None:
    request = exchange.request
    if request.host is None and not exchange.http_10:
        return _bad_request(exchange, "HTTP/1.1 without a Host header")
    if request.headers:
        outcome = _body_headers(exchange)
        if outcome is not None:
            return outcome
    if request.method in ("TRACE", "CONNECT"):
        exchange.step("request", f"nginx answers no {request.method}: 405")
        exchange.decided("method-not-allowed", None, "")
        return Status(405)
    return None


def _body_headers(exchange: Exchange) -> Status | None:
    request = exchange.request
    length, coding = request.header("content-length"), request.header("transfer-encoding")
    if length is not None:
        if not length.isascii() or not length.isdigit() or int(length) > _LONGEST_BODY:
            return _bad_request(exchange, f'nginx rejects the Content-Length "{length}"')
        if request.body_length is None:
            exchange.request = request._replace(body_length=int(length))
    if coding is not None:
        if exchange.http_10 or (lower(coding) == "chunked" and length is not None):
            return _bad_request(exchange, "nginx rejects Transfer-Encoding here")
        if lower(coding) != "chunked":
            exchange.body_discarded = True
            exchange.step("request", f'nginx knows no Transfer-Encoding "{coding}": 501')
            exchange.decided("unknown-coding", None, "")
            return Status(501)
    return None


def _no_room(exchange: Exchange, code: int) -> Status:
    exchange.body_discarded = True
    exchange.step("request", f"the request's lines are more or longer than nginx has room for: {code}")
    exchange.decided("head-too-large", None, "")
    return Status(code)


def _bad_request(exchange: Exchange, why: str) -> Status:
    exchange.body_discarded = True  # nginx has not come to Content-Length, so no limit on the body is looked at
    exchange.step("request", f"{why}: 400")
    exchange.decided("bad-request", None, "")
    return Status(400)


def _set_server(exchange: Exchange, name: str, hello: Handshake) -> Status | None:
    if hello.name is not None and hello.name == name:
        exchange.step("server", f'the TLS handshake chose {_label(exchange.server)} for "{name}"')
        if hello.regex is not None:
            exchange.captures = captured = hello.regex.search(name)
            exchange.variables.update(captured.named if captured is not None else {})
        exchange.host = name
        return None
    server, captured, how = choose_server(exchange.socket, name)
    if captured is not None:
        exchange.captures = captured
        exchange.variables.update(captured.named)
    if name == ASSUMED_HOSTNAME and exchange.evaluator.model.after_host:
        how += ", which stands for $hostname: the server's own name is not known here"
    exchange.step("server", f"{_label(server)}: {how}", server.span(), True, "host", "server-name", name)
    if hello.name is not None and server.argument("ssl_verify_client", "off") != "off":
        exchange.body_discarded = True
        exchange.decided("misdirected", server.span(), "the Host differs from the name of the handshake")
        return Status(421)
    _enter(exchange, server)
    exchange.host = name
    return None


def _tolerance(server: Context) -> tuple[bool, bool]:
    """Whether headers with odd names are kept, and whether an underscore is not odd."""
    return not server.flag("ignore_invalid_headers", True), server.flag("underscores_in_headers")


def _enter(exchange: Exchange, server: Server) -> None:
    exchange.server = server
    exchange.context = exchange.location_context = server


def _label(server: Server) -> str:
    return f'server "{server.first_name()}"'
