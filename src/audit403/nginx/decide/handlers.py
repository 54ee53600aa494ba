"""A location's own content handler: nginx's small ones are answered here, other programs are handed the request.

Truth: src/http/modules/ngx_http_stub_status_module.c, _empty_gif_, _flv_ and _mp4_module.c.
"""

from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.hand_on import hand_on
from audit403.nginx.decide.outcome import HandedOn, Outcome, Sent, Status
from audit403.nginx.decide.static import open_mapped
from audit403.nginx.model.context import CONTENT_PASS
from audit403.nginx.read.tree import Directive


def run_handler(exchange: Exchange, handler: Directive) -> Outcome | None:
    """The handler's answer; None when it leaves the request to the static handlers."""
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


def _other_program(handler: Directive) -> Outcome:
    return HandedOn(f"{handler.name} {' '.join(handler.args)}".strip())


def _media(exchange: Exchange, handler: Directive) -> Outcome | None:
    if exchange.method not in ("GET", "HEAD"):
        exchange.decided("method-not-allowed", handler.span, f"{handler.name} answers GET and HEAD only")
        return Status(405)
    if exchange.uri.endswith("/"):
        return None
    opened = open_mapped(exchange)
    if isinstance(opened, Status):
        return opened
    if not opened.is_file:
        return None
    seeks = handler.name == "mp4" and any(
        pair.startswith(("start=", "end=")) for pair in exchange.args.lower().split("&")
    )
    return Sent(None) if seeks else Sent(200)
