"""What leaves nginx for another program: proxy_pass, fastcgi_pass and their kin.

Truth: src/http/modules/ngx_http_proxy_module.c and ngx_http_upstream_intercept_errors. A program whose configuration is
at hand – the same nginx on another socket – is asked; the answer of any other one is its own.
"""

from audit403.core.decision import REASON_PROGRAM, REFUSED, UNKNOWN, Missing
from audit403.core.request import Request
from audit403.nginx.decide.ascii import lower
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import HandedOn, Outcome, Sent, Status, Undecided, Unknown
from audit403.nginx.decide.variables.lookup import expand
from audit403.nginx.model.address import parse_address
from audit403.nginx.model.context import IF, LIMIT_EXCEPT, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.template import compile_template
from audit403.nginx.read.tree import Directive

_DEEPEST = 8
_URI_ESCAPE = frozenset(range(0x21)) | frozenset(b'"#%?\\<>^`{|}') | frozenset(range(0x7F, 0x100))
_NOT_FORWARDED = frozenset(("host", "connection", "keep-alive", "expect", "upgrade", "te"))


def hand_on(exchange: Exchange, handler: Directive) -> Outcome:
    """The other program's answer, as far as it can be known."""
    target = expand(exchange, compile_template(handler.args[0])) if handler.args else ""
    program = f"{handler.name} {handler.args[0] if isinstance(target, Unknown) else target}"
    if handler.name == "proxy_pass" and isinstance(target, str):
        inner = _same_nginx(exchange, handler, target)
        if inner is not None:
            return inner
    intercepted = _intercepted(exchange, handler, program)
    return intercepted or HandedOn(program)


def _intercepted(exchange: Exchange, handler: Directive, program: str) -> Outcome | None:
    """With *_intercept_errors nginx makes the answer itself for the codes that an error_page names."""
    kind = handler.name.removesuffix("_pass")
    if not exchange.context.flag(f"{kind}_intercept_errors") or exchange.error_page_used:
        return None
    for page in exchange.evaluator.error_pages(exchange.context):
        if page.code >= 300 and exchange.ask(Missing(REASON_PROGRAM, f"whether {program} answers {page.code}")):
            exchange.decided("intercepted", page.directive.span, f"takes over when {program} answers {page.code}")
            return Status(page.code)
    return None


def _same_nginx(exchange: Exchange, handler: Directive, target: str) -> Outcome | None:
    if not target.startswith("http://") or exchange.depth >= _DEEPEST:
        return None
    authority, slash, path = target[7:].partition("/")
    peer = _peer(exchange, authority)
    if peer is None:
        return None
    address, port = peer
    sockets = exchange.evaluator.model.sockets_on(port)
    if not any(socket.listen.address is None or socket.listen.address.text() == address for socket in sockets):
        return None
    request = _forwarded(exchange, handler, address, port, authority, slash + path if slash else None)
    if request is None:
        return None
    exchange.step("content", f"this nginx listens on {address}:{port} itself: GET {request.url()}", handler.span)
    decision = exchange.evaluator.decide(request, exchange.depth + 1)
    exchange.steps.extend(step._replace(phase="> " + step.phase) for step in decision.trace)
    if decision.verdict == UNKNOWN:
        raise Undecided(decision.missing[0])
    if decision.verdict == REFUSED:
        exchange.decided(decision.cause, decision.where, "refuses what this nginx asks of itself", log=decision.log)
        exchange.refusal = exchange.refusal or exchange.cause
    if decision.status is None:
        return HandedOn(decision.handed_to or target) if decision.handed_to else Sent(None)
    return Sent(decision.status)


def _peer(exchange: Exchange, authority: str) -> tuple[str, int] | None:
    """Address and port on this machine, straight or through an upstream block with one server."""
    for upstream in exchange.evaluator.model.http.own.get("upstream", ()):
        if upstream.args and upstream.args[0] == authority:
            servers = [line for line in upstream.block or () if line.name == "server" and line.args]
            if len(servers) != 1:
                return None
            authority = servers[0].args[0]
            break
    host, colon, port = authority.rpartition(":")
    host, port = (host, port) if colon and port.isdigit() else (authority, "80")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    address = parse_address(host)
    if address is None or not (host.startswith("127.") or host == "::1"):
        return None
    return host, int(port)


def _forwarded(
    exchange: Exchange, handler: Directive, address: str, port: int, authority: str, path: str | None
) -> Request | None:
    target = _target(exchange, handler, path)
    if target is None:
        return None
    headers = [(name, value) for name, value in exchange.request.headers if lower(name) not in _NOT_FORWARDED]
    host: str | None = authority
    for directive in exchange.context.effective("proxy_set_header"):
        if len(directive.args) != 2:
            continue
        value = expand(exchange, compile_template(directive.args[1].replace("$proxy_host", authority)))
        if isinstance(value, Unknown):
            value = ""
        name = directive.args[0]
        if lower(name) == "host":
            host = value or None
            continue
        headers = [pair for pair in headers if lower(pair[0]) != lower(name)]
        if value:
            headers.append((name, value))
    return Request(
        exchange.context.argument("proxy_method", exchange.method).upper(),
        "http",
        host,
        port,
        target,
        "::1" if ":" in address else "127.0.0.1",
        tuple(headers),
        address,
        None,
        exchange.request.body_length,
    )


def _target(exchange: Exchange, handler: Directive, path: str | None) -> str | None:
    if path is not None and "$" in handler.args[0]:
        return path
    if path is None:
        if not exchange.internal:
            return exchange.request_line_target
        return escape_uri(exchange.uri) + (f"?{exchange.args}" if exchange.args else "")
    location: Context | None = exchange.context
    while location is not None and location.kind in (IF, LIMIT_EXCEPT):
        location = location.parent
    if not isinstance(location, Location) or location.regex is not None or not exchange.valid_location:
        return None
    rest = exchange.uri[len(location.name) :]
    return path + escape_uri(rest) + (f"?{exchange.args}" if exchange.args else "")


def escape_uri(path: str) -> str:
    """ngx_escape_uri with NGX_ESCAPE_URI."""
    data = path.encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" if byte in _URI_ESCAPE else chr(byte) for byte in data)
