"""The content phase: a location's own handler, else index, autoindex, dav, gzip_static and static files.

Truth: ngx_http_core_content_phase; the order of the modules is that of nginx's auto/modules, last first.
"""

from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.handlers import run_handler
from audit403.nginx.decide.index import index
from audit403.nginx.decide.listing import autoindex, random_index
from audit403.nginx.decide.map_path import map_uri_to_path, wants_directory
from audit403.nginx.decide.outcome import Outcome, Status
from audit403.nginx.decide.static import static


def content_phase(exchange: Exchange) -> Outcome:
    """Who answers, and with what."""
    if exchange.content_handler is not None:
        outcome = run_handler(exchange, exchange.content_handler)
        if outcome is not None:
            return outcome
    for handler in (_passenger, _dav_ext, random_index, index, autoindex, _dav, _gzip_static, static):
        outcome = handler(exchange)
        if outcome is not None:
            return outcome
    return _nobody(exchange)


def _dav(exchange: Exchange) -> Outcome | None:
    if not exchange.context.effective("dav_methods"):
        return None
    from audit403.nginx.decide.dav import dav  # few servers have it, and it brings a tree of its own along

    return dav(exchange)


def _gzip_static(exchange: Exchange) -> Outcome | None:
    if exchange.context.argument("gzip_static", "off") == "off":
        return None
    from audit403.nginx.decide.static_gzip import gzip_static

    return gzip_static(exchange)


def _passenger(exchange: Exchange) -> Outcome | None:
    if not exchange.context.flag("passenger_enabled"):
        return None
    from audit403.nginx.decide.other_handlers import passenger

    return passenger(exchange)


def _dav_ext(exchange: Exchange) -> Outcome | None:
    if not exchange.context.effective("dav_ext_methods"):
        return None
    from audit403.nginx.decide.dav_ext import dav_ext

    return dav_ext(exchange)


def _nobody(exchange: Exchange) -> Outcome:
    if not wants_directory(exchange):
        exchange.decided("no-handler", None, "", log="no handler found")
        return Status(404)
    mapped = map_uri_to_path(exchange)
    where = exchange.evaluator.root(exchange.context).directive
    path = "" if mapped is None else mapped.path
    span = exchange.context.span() if where is None else where.span
    exchange.step("content", f"nothing answers for the directory {path}: 403", span)
    exchange.decided(
        "missing-index",
        span,
        f"leads to the directory {path}, where no index file is and autoindex is off",
        log=f'directory index of "{path}" is forbidden',
    )
    return Status(403)
