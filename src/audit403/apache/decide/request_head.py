"""The request line and the headers: what httpd refuses of them, and which virtual host they lead to.

Truth: ap_read_request, ap_parse_request_line, ap_parse_uri, ap_check_request_header and ap_post_read_request in
server/protocol.c.
"""

import re

from audit403.apache.decide.choose_vhost import BadHost, host_name, server_of_name
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import OK
from audit403.apache.model.methods import UNKNOWN_METHOD

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)\Z", re.DOTALL)
#: What may not stand in a request's target (T_URI_... of ap_scan_vchar_obstext): spaces and control characters.
_BAD_TARGET = re.compile(r"[\x00-\x20\x7f]")
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:/?#@\[\]]+):(\d+)\Z")
_LINGER = re.compile(r"\d+\Z")
_URL_PORT = "url-port"

FRAGMENT = "fragment"
"""What a request has that is for a part of a page only."""


def read_head(exchange: Exchange) -> int:
    """OK, or the status for a head that httpd does not take."""
    status = _request_line(exchange)
    if status == OK:
        status = _headers(exchange)
    if status == OK:
        status = _host(exchange)
    exchange.per_dir = exchange.server.lookup_defaults
    if status != OK:
        return status
    status = exchange.evaluator.run("post_read_request", exchange)
    if status != OK:
        return status
    if not exchange.proxied and exchange.request_scheme not in (None, "http", "https"):
        return _bad(exchange, "AH10309", f"the scheme {exchange.request_scheme} is for proxies")
    return OK


def _request_line(exchange: Exchange) -> int:
    request = exchange.request
    # The two spaces and the protocol are part of the line, and httpd takes one more than it is told.
    length = len(request.method) + len(request.target.encode("utf-8", "surrogateescape")) + 10
    if length > exchange.server.limits.line + 1:
        exchange.step("request", "the request line is longer than LimitRequestLine: 414")
        exchange.decided("request-line-too-long", None, "")
        return 414
    if not _TOKEN.match(request.method) or _BAD_TARGET.search(request.target) or not request.target:
        exchange.uri = "/"
        return _bad(exchange, None, "the request line is broken")
    if request.method == "CONNECT":
        found = _HOST_AND_PORT.match(request.target)
        if found is None:
            exchange.uri = "/"
            return _bad(exchange, None, "CONNECT asks for no host and port")
        exchange.hostname = found[1].strip("[]")
        exchange.extra[_URL_PORT] = f":{found[2]}"
        exchange.uri = "/"
    else:
        parse_uri(exchange, request.target)
        found = _SCHEME.match(request.target)
        strict = not exchange.server.core.unsafe
        if strict and found is not None and "@" in found[2] and found[1].lower() in ("http", "https"):
            return _bad(exchange, None, "the URL names a user")
        if strict and FRAGMENT in exchange.extra:
            return _bad(exchange, None, "a fragment is no part of a request")
    if not exchange.uri.startswith("/") and (exchange.method, exchange.uri) != ("OPTIONS", "*"):
        return _bad(exchange, None, f"{exchange.uri} is no path")
    if request.method not in exchange.evaluator.model.methods:
        if exchange.server.core.registered_methods:
            exchange.step("request", f"nobody has registered the method {request.method}: 501")
            exchange.decided("unknown-method", None, "")
            return 501
        exchange.method = UNKNOWN_METHOD
    return OK


def parse_uri(exchange: Exchange, target: str) -> None:
    """Take a target apart into path, query string and, for a whole URL, the host."""
    exchange.unparsed_uri = target
    while target.startswith("//"):
        target = target[1:]
    found = _SCHEME.match(target)
    rest = target
    if found is not None:
        scheme, authority, rest = found.groups()
        exchange.request_scheme = scheme.lower()
        own = "https" if exchange.connection.tls is not None else "http"
        if scheme.lower() == own:
            exchange.hostname = _authority_host(authority)
            _, colon, port = authority.rpartition("]")[2].rpartition(":")
            exchange.extra[_URL_PORT] = colon + port if colon else ""
            if colon and port.isascii() and port.isdigit():
                exchange.extra["port"] = int(port)
    rest, fragment, _ = rest.partition("#")
    if fragment:
        exchange.extra[FRAGMENT] = True
    path, mark, query = rest.partition("?")
    exchange.args = query if mark else None
    exchange.uri = path or ("*" if exchange.method == "OPTIONS" else "/")


def _authority_host(authority: str) -> str:
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def _headers(exchange: Exchange) -> int:
    request = exchange.request
    fields = list(request.headers)
    if request.host is not None:
        fields.insert(0, ("Host", request.host))
    if request.body_length is not None and not {"content-length", "transfer-encoding"} & {
        key.lower() for key, _ in fields
    }:
        fields.append(("Content-Length", str(request.body_length)))
    limits = exchange.server.limits
    if limits.fields and len(fields) > limits.fields:
        return _bad(exchange, None, "the request has more than LimitRequestFields headers")
    values: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    strict = not exchange.server.core.unsafe
    for name, value in fields:
        if strict and (not _TOKEN.match(name) or _BAD_VALUE.search(value)):
            return _bad(exchange, None, f"the header line of {name!r} is broken")
        if len(name) + len(value) + 2 > limits.field_size + 1:
            return _bad(exchange, None, f"the header {name} is longer than LimitRequestFieldSize")
        names.setdefault(name.lower(), name)
        values.setdefault(name.lower(), []).append(value.strip(" \t"))
    for key, several in values.items():
        exchange.headers.set(names[key], ", ".join(several))
    length = exchange.headers.get("content-length")
    if isinstance(length, str) and not (length.isascii() and _LINGER.match(length)):
        return _bad(exchange, "AH10242", f"the Content-Length {length} is no length")
    coding = exchange.headers.get("transfer-encoding")
    if isinstance(coding, str):
        if coding.rpartition(",")[2].strip().lower() != "chunked":
            return _bad(exchange, "AH02539", f"the Transfer-Encoding {coding} is not known")
        exchange.headers.unset("content-length")
    return OK


def _host(exchange: Exchange) -> int:
    strict = not exchange.server.core.unsafe
    header = exchange.headers.get("host")
    whole_url = exchange.hostname is not None
    try:
        if exchange.hostname is not None:
            if exchange.hostname:
                exchange.hostname, _ = host_name(exchange.hostname, strict, from_header=False)
        elif isinstance(header, str):
            exchange.hostname = header
            if not header:
                return _bad(exchange, None, "the Host header is empty")
            exchange.hostname, port = host_name(header, strict, from_header=True)
            if port is not None:
                exchange.extra["port"] = port
    except BadHost as error:
        return _bad(exchange, "AH00550", f"the host name {error} is malformed")
    if strict and whole_url and header is not None:
        # With a whole URL the Host header does not count, and is replaced.
        name = exchange.hostname or ""
        name = f"[{name}]" if ":" in name else name
        exchange.headers.set("Host", f"{name}{exchange.extra.get(_URL_PORT, '')}")
    server_of_name(exchange, exchange.evaluator.model)
    if exchange.server.core.strict_host_check:
        from audit403.apache.decide.choose_vhost import matches_name

        if exchange.hostname is not None and not matches_name(exchange.server, exchange.hostname):
            return _bad(exchange, "AH10157", f"no virtual host is called {exchange.hostname}")
    if header is None:
        return _bad(exchange, "AH00569", "an HTTP/1.1 request without a Host header")
    expect = exchange.headers.get("expect")
    if isinstance(expect, str) and expect and expect.lower() != "100-continue":
        exchange.step("request", f"httpd does not know what Expect: {expect} means: 417")
        exchange.decided("unknown-expectation", None, "")
        return 417
    return OK


def _bad(exchange: Exchange, number: str | None, why: str) -> int:
    exchange.step("request", f"{why}: 400")
    exchange.decided("bad-request", None, "", log=None if number is None else f"{number}: {why}")
    return 400
