"""Handlers that answer with a page of their own and refuse nobody: mod_status, mod_info.

Truth: status_handler in modules/generators/mod_status.c, display_info in mod_info.c.
"""

from audit403.apache.decide.conditional import conditional_page
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, OK


def status(exchange: Exchange) -> int:
    """mod_status."""
    return _page(exchange, "server-status", "application/x-httpd-status")


def info(exchange: Exchange) -> int:
    """mod_info."""
    return _page(exchange, "server-info")


def _page(exchange: Exchange, *names: str) -> int:
    if exchange.handler not in names or exchange.method != "GET":
        return DECLINED
    exchange.step("handler", f"httpd's own page, {names[0]}")
    conditional_page(exchange)
    return OK
