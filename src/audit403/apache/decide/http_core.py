"""What the HTTP module answers itself: TRACE, and `OPTIONS *`.

Truth: ap_send_http_trace in modules/http/http_filters.c, http_send_options in modules/http/http_core.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import DECLINED, DONE


def send_trace(exchange: Exchange) -> int:
    """TRACE echoes the request, unless TraceEnable says otherwise."""
    if exchange.method != "TRACE":
        return DECLINED
    first = exchange
    while first.prev is not None:
        first = first.prev
    trace = first.server.core.trace or "on"
    if trace == "off":
        exchange.step("storage", "TraceEnable is off: 405")
        exchange.decided("trace-off", None, "", log="AH01586: TRACE denied by server configuration")
        return 405
    has_body = bool(exchange.request.body_length) or exchange.header("transfer-encoding") is not None
    if has_body and trace != "extended":
        exchange.step("storage", "a TRACE with a body: 413")
        exchange.decided("trace-body", None, "")
        return 413
    exchange.step("storage", "httpd echoes the request itself, whatever the rules for access say")
    return DONE


def send_options(exchange: Exchange) -> int:
    """`OPTIONS *` asks the server as a whole."""
    if exchange.method == "OPTIONS" and exchange.uri == "*":
        exchange.step("storage", "OPTIONS * is about the server itself")
        return DONE
    return DECLINED
