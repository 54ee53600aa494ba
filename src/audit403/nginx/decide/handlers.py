"""A location's own content handler: nginx's small ones are answered here, other programs are handed the request.

Truth: src/http/modules/ngx_http_stub_status_module.c, _empty_gif_, _flv_ and _mp4_module.c.
"""

from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.hand_on import hand_on
from audit403.nginx.decide.map_path import wants_directory
from audit403.nginx.decide.outcome import HandedOn, Outcome, Sent, Status
from audit403.nginx.decide.static import file_body, open_mapped
from audit403.nginx.model.context import CONTENT_PASS, is_echo
from audit403.nginx.read.tree import Directive

_FLV_HEADER = 13


def run_handler(exchange: Exchange, handler: Directive) -> Outcome | None:
    """The handler's answer; None when it leaves the request to the static handlers."""
    other = _of_other_modules(exchange, handler)
    if other is not None:
        return other
    if handler.name in ("mp4", "flv"):
        return _media(exchange, handler)
    if handler.name in ("stub_status", "empty_gif"):
        if exchange.method not in ("GET", "HEAD"):
            exchange.decided("method-not-allowed", handler.span, f"{handler.name} answers GET and HEAD only")
            return Status(405)
        exchange.step("content", f"{handler.name} answers", handler.span)
        return Sent(200)
    exchange.step("content", f"{handler.name} answers: {' '.join(handler.args)}", handler.span)
    return hand_on(exchange, handler) if handler.name in CONTENT_PASS else _other_program(handler)


def _of_other_modules(exchange: Exchange, handler: Directive) -> Outcome | None:
    """The answer of a module that few servers have, where the configuration tells it."""
    if is_echo(handler):
        from audit403.nginx.decide.other_handlers import echo

        return echo(exchange)
    if handler.name.endswith("_cache_purge"):
        return Sent(None)  # whether it is in the cache is the server's state
    kind = handler.name.removesuffix("_pass")
    if handler.name in CONTENT_PASS and exchange.context.last(f"{kind}_cache_purge") is not None:
        from audit403.nginx.decide.other_handlers import purge

        return purge(exchange, kind)
    return None


def _other_program(handler: Directive) -> Outcome:
    return HandedOn(f"{handler.name} {' '.join(handler.args)}".strip())


def _media(exchange: Exchange, handler: Directive) -> Outcome | None:
    if exchange.method not in ("GET", "HEAD"):
        exchange.decided("method-not-allowed", handler.span, f"{handler.name} answers GET and HEAD only")
        return Status(405)
    if wants_directory(exchange):
        return None
    exchange.discard_body()
    opened = open_mapped(exchange)
    if isinstance(opened, Status):
        return opened
    if not opened.is_file:
        return None
    body = file_body(exchange, opened)
    if handler.name == "mp4":
        return Sent(None) if _seeks(exchange.args) else Sent(200, body)
    size = _flv_size(exchange.args, body.size)
    if size != body.size and "," in (exchange.request.header("range") or ""):
        # In two buffers: nginx closes the connection where one of several ranges goes past the first.
        return Sent(None)
    return Sent(200, body._replace(size=size))


def _seeks(args: str) -> bool:
    """Whether mp4 looks into the file; what comes of that hangs on its content."""
    start, end = argument(args, "start"), argument(args, "end")
    return (start is not None and _milliseconds(start) >= 0) or (end is not None and _milliseconds(end) > 0)


def _milliseconds(text: str) -> int:
    """ngx_http_mp4_atofp: seconds with a fraction; -1 where it is no number."""
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not text or (digits and not (digits.isascii() and digits.isdigit())):
        return -1
    return int((whole + (fraction + "000")[:3]) or "0")


def _flv_size(args: str, size: int | None) -> int | None:
    """The length with the header that flv puts before the part that it sends."""
    start = argument(args, "start")
    if size is None or start is None or not (start.isascii() and start.isdigit()) or not 0 < int(start) < size:
        return size
    return _FLV_HEADER + size - int(start)


def argument(args: str, name: str) -> str | None:
    """ngx_http_arg: the first `name=` in a query string, in any case of letters."""
    for pair in args.split("&"):
        key, equals, value = pair.partition("=")
        if equals and lower(key) == name:
            return value
    return None
