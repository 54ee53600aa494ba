"""error_page: what becomes of a status that nginx itself has made.

Truth: ngx_http_special_response_handler and ngx_http_send_error_page in src/http/ngx_http_special_response.c.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.outcome import Named, Outcome, Redirect, Sent
from audit403.nginx.decide.variables.lookup import expand_known
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import Template, compile_template
from audit403.nginx.read.tree import Directive

_INTERNAL_CODES = frozenset((494, 495, 496, 497))
_UNSUPPORTED = 415
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class ErrorPage(NamedTuple):
    """One code of one error_page directive; `overwrite` is None to keep the code, 0 to take the target's."""

    code: int
    overwrite: int | None
    target: Template
    directive: Directive


def error_pages_of(context: Context) -> tuple[ErrorPage, ...]:
    """The effective error pages, in order."""
    pages: list[ErrorPage] = []
    for directive in context.effective("error_page"):
        words = list(directive.args)
        if len(words) < 2:
            continue
        target = compile_template(words.pop())
        overwrite: int | None = None
        if words[-1].startswith("="):
            text = words.pop()[1:]
            overwrite = int(text) if text.isascii() and text.isdigit() else 0
        for word in words:
            if word.isascii() and word.isdigit():
                code = int(word)
                kept = 400 if overwrite is None and code in _INTERNAL_CODES else overwrite
                pages.append(ErrorPage(code, kept, target, directive))
    return tuple(pages)


def special_response(exchange: Exchange, code: int) -> Outcome:
    """The answer for a status: nginx's own page, or on to the error page."""
    exchange.err_status = code
    pages = exchange.evaluator.error_pages(exchange.context)
    if pages and not exchange.error_page_used and exchange.uri_changes != 0:
        if not exchange.context.flag("recursive_error_pages"):
            exchange.error_page_used = True
        for page in pages:
            if page.code == code:
                return _send(exchange, page)
    if code in _INTERNAL_CODES:
        exchange.err_status = 400
    if code in (301, 302) and _refreshes(exchange):
        exchange.err_status = 200
    image_filter = exchange.context.argument("image_filter", "off")
    if image_filter != "off" and not exchange.filtered:
        return _no_image(exchange, code, image_filter)
    return Sent(exchange.err_status)


def _no_image(exchange: Exchange, code: int, image_filter: str) -> Outcome:
    """What image_filter makes of nginx's page, which is no image: 415, or of an image without a size a 200."""
    directive = exchange.context.last("image_filter")
    span = None if directive is None else directive.span
    exchange.filtered = True
    exchange.step("content", f"image_filter {image_filter} takes nginx's page for {code} for an image", span)
    if image_filter == "size":
        exchange.err_status = 200
        return Sent(200)
    exchange.decided("no-image", span, "image_filter makes 415 of what is no image")
    return special_response(exchange, _UNSUPPORTED)


def _refreshes(exchange: Exchange) -> bool:
    """Whether an Internet Explorer gets a page that leads on in place of a redirect."""
    if not exchange.context.flag("msie_refresh"):
        return False
    from audit403.nginx.decide.variables.rare import is_msie

    return is_msie(exchange)


def _send(exchange: Exchange, page: ErrorPage) -> Outcome:
    span = page.directive.span
    if page.overwrite is not None:
        exchange.err_status = page.overwrite
    if page.overwrite == 403 and page.code != 403:
        log = None if exchange.cause is None else exchange.cause.log
        exchange.decided("error-page", span, f"turns {page.code} into 403", also=_cause_so_far(exchange), log=log)
        exchange.refusal = exchange.cause
    uri = expand_known(exchange, page.target)
    exchange.step("error_page", f"error_page {page.code}: on to {uri}", span, True, "status", "equals", str(page.code))
    if uri.startswith("/"):
        if exchange.method != "HEAD":
            exchange.method = "GET"
        path, _, args = uri.partition("?")
        return Redirect(path, args)
    if uri.startswith("@"):
        return Named(uri)
    if page.overwrite not in _REDIRECTS:
        exchange.err_status = 302
    if _refreshes(exchange):
        exchange.err_status = 200
    return Sent(exchange.err_status)


def _cause_so_far(exchange: Exchange) -> tuple[Because, ...]:
    return () if exchange.cause is None else exchange.cause.because
