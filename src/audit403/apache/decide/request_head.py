"""The request line and the headers: what httpd refuses of them, and which virtual host they lead to.

Truth: ap_read_request, ap_parse_request_line, ap_parse_uri, ap_check_request_header and ap_post_read_request in
server/protocol.c.
"""

import re
from functools import lru_cache

from audit403.apache.decide.choose_vhost import BadHost, host_name, server_of_name
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import OK
from audit403.apache.model.methods import UNKNOWN_METHOD
from audit403.core.named_tuple import NamedTuple

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
#: What stands in a request line without an end of its own: no spaces, no control characters (ap_scan_vchar_obstext).
_VISIBLE = re.compile(r"[^\x00-\x20\x7f]+\Z")
_SCHEME = re.compile(r"([A-Za-z][^:/?#]*)://([^/?#]*)(.*)\Z", re.DOTALL)
_BAD_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_URL_PORT = "url-port"
_BREAKS = re.compile(r"[\n\v\f\r]")
_BLANKS = re.compile(r"[\t\n\v\f\r ]")
_PORT = re.compile(r"\s*[+-]?\d+\Z")
_FRAMING = frozenset(("content-length", "transfer-encoding"))
"""Headers that say how long a body is."""
_LONGEST_BODY = (1 << 63) - 1

CLOSES = "closes-connection"
"""The connection will be closed: nobody reads what is left of the request."""
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
    strict = not exchange.server.core.unsafe
    word = _TOKEN if strict else _VISIBLE
    if not word.match(request.method) or not _VISIBLE.match(request.target):
        exchange.uri = "/"
        return _bad(exchange, None, "the request line is broken")
    known = request.method in exchange.evaluator.model.methods
    if not known:
        if exchange.server.core.registered_methods:
            exchange.step("request", f"nobody has registered the method {request.method}: 501")
            exchange.decided("unknown-method", None, "")
            return 501
        exchange.method = UNKNOWN_METHOD
    why = _target(exchange, request.target, strict)
    return OK if why is None else _bad(exchange, None, why)


def _target(exchange: Exchange, target: str, strict: bool) -> str | None:
    """Take the target in; why httpd does not, or None."""
    if exchange.method == "CONNECT":
        site = site_of(target)
        exchange.uri = "/"
        if site is None or not site.port:
            return "CONNECT asks for no host and port"
        exchange.hostname = site.host
        exchange.extra[_URL_PORT] = site.behind
        return None
    parse_uri(exchange, target)
    found = _SCHEME.match(target)
    if found is not None and site_of(found[2].rpartition("@")[2]) is None:
        return f"{found[2]} is no host"
    if not exchange.uri.startswith("/") and (exchange.method, exchange.uri) != ("OPTIONS", "*"):
        return f"{exchange.uri} is no path"
    if strict and found is not None and "@" in found[2]:
        return "the URL names a user"
    return "a fragment is no part of a request" if strict and FRAGMENT in exchange.extra else None


class Site(NamedTuple):
    """A host and what stands behind its colon; an IPv6 address without its brackets."""

    host: str
    port: str
    behind: str
    """The port with its colon, which may stand there alone."""


def site_of(text: str) -> Site | None:
    """What stands between `//` and the path, without the user; None where apr_uri_parse does not take it."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            return None
        # Without a port whatever stands behind the bracket counts as the host's.
        if not rest.startswith(":"):
            return Site(text[1:-1], "", "")
        colon, port = ":", rest[1:]
    else:
        host, colon, port = text.partition(":")
    return Site(host, port, colon + port) if not port or _PORT.match(port) else None


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
            site = site_of(authority.rpartition("@")[2])
            exchange.hostname = None if site is None else site.host
            exchange.extra[_URL_PORT] = "" if site is None else site.behind
            if site is not None and site.port.isascii() and site.port.isdigit():
                exchange.extra["port"] = int(site.port)
    rest, fragment, _ = rest.partition("#")
    if fragment:
        exchange.extra[FRAGMENT] = True
    path, mark, query = rest.partition("?")
    exchange.args = query if mark else None
    exchange.uri = path or ("*" if exchange.method == "OPTIONS" else "/")


def _headers(exchange: Exchange) -> int:
    request = exchange.request
    fields = list(request.headers)
    if request.host is not None:
        fields.insert(0, ("Host", request.host))
    if request.body_length is not None and _FRAMING.isdisjoint([name.lower() for name, _ in fields]):
        fields.append(("Content-Length", str(request.body_length)))
    limits = exchange.server.limits
    if limits.fields and len(fields) > limits.fields:
        return _bad(exchange, None, "the request has more than LimitRequestFields headers")
    values: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    strict = not exchange.server.core.unsafe
    for name, value in fields:
        value = value.strip(" \t")
        if not (_strict_field if strict else _loose_field)(name, value):
            return _bad(exchange, None, f"the header line of {name!r} is broken")
        if _size(name) + _size(value) + 2 > limits.field_size + 1:
            return _bad(exchange, None, f"the header {name} is longer than LimitRequestFieldSize")
        key = name.lower()
        names.setdefault(key, name)
        values.setdefault(key, []).append(value)
    for key, several in values.items():
        value = ", ".join(several) if len(several) > 1 else several[0]
        if _size(value) > limits.field_size:
            return _bad(exchange, "AH00560", f"the headers {key} together are longer than LimitRequestFieldSize")
        exchange.headers.set(names[key], value)
    length = exchange.headers.get("content-length")
    if isinstance(length, str) and not (length.isascii() and length.isdigit() and int(length) <= _LONGEST_BODY):
        return _bad(exchange, "AH10242", f"the Content-Length {length} is no length")
    coding = exchange.headers.get("transfer-encoding")
    if isinstance(coding, str):
        if coding.rpartition(",")[2].strip().lower() != "chunked":
            return _bad(exchange, "AH02539", f"the Transfer-Encoding {coding} is not known")
        if length is not None:
            exchange.headers.unset("content-length")
            exchange.extra[CLOSES] = True
    return OK


@lru_cache(maxsize=1024)
def _strict_field(name: str, value: str) -> bool:
    return _TOKEN.match(name) is not None and not _BAD_VALUE.search(value)


def _loose_field(name: str, value: str) -> bool:
    return bool(name) and not _BLANKS.search(name) and not _BREAKS.search(value)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


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
