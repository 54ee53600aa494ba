"""The request that `proxy_pass` makes of the one that came in.

Truth: ngx_http_proxy_eval, ngx_http_proxy_set_vars and ngx_http_proxy_create_request in
src/http/modules/ngx_http_proxy_module.c.
"""

from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.core.request import Request, Tls
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.peers import Peer
from audit403.nginx.decide.proxy_url import Url
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.context import IF, LIMIT_EXCEPT, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_URI_ESCAPE = frozenset(range(0x21)) | frozenset(b'"#%?\\<>^`{|}') | frozenset(range(0x7F, 0x100))
_REPLACED = frozenset(
    ("host", "connection", "content-length", "transfer-encoding", "te", "keep-alive", "expect", "upgrade")
)
"""Headers of the client that nginx does not pass on, whatever the configuration says."""


def proxied_request(exchange: Exchange, handler: Directive, url: Url, peer: Peer) -> Request:
    """The request as it reaches the peer. An empty target is sent too: nginx counts a `?` that is not there."""
    target = _target(exchange, handler, url)
    set_here = _set_headers(exchange, url)
    names = {lower(name) for name, _ in set_here}
    values = {lower(name): value for name, value in set_here if value}
    hosts = [value for name, value in set_here if value and lower(name) == "host"]
    if "host" not in names:
        hosts = [url.host_header]
    length = exchange.request.body_length
    if "content-length" in names:
        text = values.get("content-length", "")
        length = int(text) if text.isascii() and text.isdigit() else None
    headers = [(name, value) for name, value in set_here if value and lower(name) not in ("host", "content-length")]
    headers += [("Host", second) for second in hosts[1:]]
    if "connection" not in names:
        headers.append(("Connection", "close"))
    if exchange.context.flag("proxy_pass_request_headers", True):
        headers += [pair for pair in exchange.request.headers if lower(pair[0]) not in names | _REPLACED]
    tls = None
    if url.tls:
        named = exchange.context.argument("proxy_ssl_name", url.host)
        certificate = "verified" if exchange.context.last("proxy_ssl_certificate") is not None else "none"
        tls = Tls(named if exchange.context.flag("proxy_ssl_server_name") else None, certificate)
    method = _text(exchange, exchange.context.argument("proxy_method", "")) or exchange.method
    client = exchange.context.argument("proxy_bind", "off").partition(" ")[0]
    return Request(
        method,
        "https" if url.tls else "http",
        hosts[0] if hosts else None,
        peer.port,
        target,
        peer.client() if client == "off" or "$" in client else client,
        tuple(headers),
        peer.to(),
        tls,
        length,
    )


def _set_headers(exchange: Exchange, url: Url) -> list[tuple[str, str]]:
    """`proxy_set_header` with its values; an empty value takes the header away."""
    return [
        (directive.args[0], _text(exchange, directive.args[1], url))
        for directive in exchange.context.effective("proxy_set_header")
        if len(directive.args) == 2
    ]


def _text(exchange: Exchange, source: str, url: Url | None = None) -> str:
    if url is not None:
        # These two variables belong to the proxy_pass itself.
        exchange.variables.update(proxy_host=url.host_header, proxy_port=url.port_text)
    value = expand(exchange, compile_template(source))
    exchange.variables.pop("proxy_host", None)
    exchange.variables.pop("proxy_port", None)
    return "" if isinstance(value, Unknown) else value


def _target(exchange: Exchange, handler: Directive, url: Url) -> str:
    if url.uri and "$" in handler.args[0]:
        return url.uri
    if not url.uri and exchange.valid_unparsed_uri:
        return exchange.request_line_target
    skipped = len(_location_name(exchange.context)) if exchange.valid_location and url.uri else 0
    if skipped > len(exchange.uri):
        # try_files can make it so: the length of the rest is then below zero, and the worker may crash.
        raise Undecided(Missing(REASON_UNDOCUMENTED, "what nginx makes of a URI that is shorter than its location"))
    path = exchange.uri[skipped:]
    if exchange.quoted_uri or exchange.internal:
        path = escape_uri(path)
    before = url.uri if exchange.valid_location else ""
    return before + path + (f"?{exchange.args}" if exchange.args else "")


def _location_name(context: Context) -> str:
    location: Context | None = context
    while location is not None and location.kind in (IF, LIMIT_EXCEPT):
        location = location.parent
    return location.name if isinstance(location, Location) else ""


def escape_uri(path: str) -> str:
    """ngx_escape_uri with NGX_ESCAPE_URI."""
    data = path.encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" if byte in _URI_ESCAPE else chr(byte) for byte in data)
