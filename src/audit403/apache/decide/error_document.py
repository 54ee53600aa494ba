"""How a status is answered: httpd's own page, or the ErrorDocument.

Truth: ap_die_r in modules/http/http_request.c, ap_response_code_string in server/core.c.
"""

from audit403.apache.decide.default_handler import body_is_too_large
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_or_failure
from audit403.apache.decide.outcome import DONE, OK
from audit403.apache.decide.request_head import CLOSES
from audit403.apache.decide.subrequests import redirected
from audit403.apache.model.core_config import DEFAULT_PAGE, LOCAL, TEXT, URL, ErrorDocument
from audit403.core.open_question import Undecided, Unknown

PAGE_FAILED = "page-failed"
"""The operator of the step that tells that an ErrorDocument cannot be had either; `value` is its own status."""
OWN_PAGE = "own-page"
"""Headers that cannot be sent are found when it is too late for an ErrorDocument."""
_CLOSES = frozenset((400, 408, 411, 413, 414, 500, 501, 503))
"""Statuses after which httpd closes the connection, whatever is left of the request (ap_status_drops_connection)."""


def die(exchange: Exchange, status: int, recursive: int = 200) -> Exchange:
    """Answer with a status; the exchange that the answer comes from in the end, its `status` what the client sees.

    `recursive` is the status of the error whose page this is about, 200 for a request that had none.
    """
    closes = False
    while True:
        if status in (OK, DONE):
            return exchange.answered_by or exchange
        first = exchange
        document: ErrorDocument | None = None
        if recursive != 200:
            while first.prev is not None and first.prev.status != 200:
                first = first.prev
            if first is not exchange:
                _note_second(exchange, first, status)
        else:
            document = None if OWN_PAGE in exchange.extra else dict(exchange.core.error_documents).get(status)
        exchange.status = status
        closes = closes or status in _CLOSES
        if closes:
            first.extra[CLOSES] = True
        if document is None or document.kind in (DEFAULT_PAGE, TEXT):
            return first
        where = document.directive.span
        value = text_or_failure(exchange, document.value)
        if value is None:
            exchange.step("error_document", "the expression cannot be evaluated: httpd sends its own page", where)
            return first
        exchange.step("error_document", f"ErrorDocument {status} {document.value}", where)
        if document.kind == URL:
            exchange.status = 302
            return exchange
        if isinstance(value, Unknown):
            raise Undecided(value.missing)
        assert document.kind == LOCAL
        method, method_text = exchange.method, exchange.method_text
        exchange.method = exchange.method_text = "GET"
        exchange.env.set("REQUEST_METHOD", exchange.request.method)
        new = redirected(exchange, value)
        exchange.method, exchange.method_text = method, method_text
        if new is None:
            # The limit counts as the failure of the request itself.
            status, recursive = 500, exchange.status
            continue
        began = new.extra["post-read-request"]
        new.method = new.method_text = "GET"
        cause = new.cause
        status = new.evaluator.process(new) if began == OK else began
        if status in (OK, DONE):
            last = new.answered_by or new
            if last.status == exchange.status:
                last.cause, last.page_of = cause, exchange
            return last
        # Rewriting may have made it 200 again: the page's own error then counts.
        recursive = new.status
        exchange = new


def read_what_is_left(exchange: Exchange) -> None:
    """The body is read before a page of httpd's own goes out: where it is too large that is what is told.

    Truth: ap_finalize_request_protocol in server/protocol.c; what ap_rputs has written waits in a buffer until then.
    """
    if CLOSES in exchange.extra or exchange.handed_to is not None or not exchange.status_known:
        return
    expect = exchange.header("expect")
    waits = isinstance(expect, str) and expect.lower() == "100-continue"
    if waits and exchange.status >= 300 and exchange.header("transfer-encoding") is not None:
        return
    if body_is_too_large(exchange):
        exchange.status = 413


def _note_second(exchange: Exchange, first: Exchange, status: int) -> None:
    """The page for an error cannot be had either: the first error is what is answered."""
    cause, second = first.cause, exchange.cause
    text = f"the page for it is answered with {status}: httpd sends its own"
    exchange.step("error_document", text, operator=PAGE_FAILED, value=str(status))
    if cause is not None and second is not None and second is not cause and first.status == 403:
        told = {link.where for link in cause.because}
        also = next((link for link in second.because if link.where not in told), None)
        if also is not None and second.because[0] is also:
            also = also._replace(message=f"of the page for it: {also.message}")
            first.cause = cause._replace(because=(*cause.because, also))
