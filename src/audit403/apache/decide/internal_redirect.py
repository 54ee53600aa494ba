"""A handler that has the whole request answered anew for another URL.

Truth: ap_internal_redirect in modules/http/http_request.c.
"""

from audit403.apache.decide.error_document import die
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import OK, SERVER_ERROR
from audit403.apache.decide.subrequests import redirected


def redirect_internally(exchange: Exchange, url: str, *, keeps_type: bool = False) -> None:
    """Answer with what another URL leads to; that is then in `exchange.answered_by`.

    `keeps_type`: it begins with the content type of this one, which names no handler there
    (ap_internal_redirect_handler).
    """
    new = redirected(exchange, url)
    if new is None:
        exchange.answered_by = die(exchange, SERVER_ERROR, exchange.status)
        return
    if keeps_type and exchange.handler is not None:
        new.set_type(exchange.content_type, trusted=False)
    status = new.extra["post-read-request"]
    if status == OK:
        status = new.evaluator.process(new)
    exchange.answered_by = die(new, status, new.status)
