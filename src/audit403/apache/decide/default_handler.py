"""What the core does with a file that no module wants: it sends it.

Truth: default_handler in server/core.c.
"""

from audit403.apache.decide.conditional import conditional, has_conditions
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.outcome import FORBIDDEN, OK
from audit403.apache.model.methods import UNKNOWN_METHOD
from audit403.evidence.interface import DIRECTORY

USUAL_LIMIT = 1 << 30
"""How long a body may be where LimitRequestBody says nothing."""


def handle(exchange: Exchange) -> int:
    """200, or why not."""
    method = exchange.method
    if exchange.main is None and body_is_too_large(exchange):
        return 413
    if method not in ("GET", "POST"):
        if method == UNKNOWN_METHOD:
            exchange.step("handler", "nobody knows this method: 501")
            exchange.decided("unknown-method", None, "", log="AH00135: Invalid method in request")
            return 501
        if method == "OPTIONS":
            exchange.step("handler", "OPTIONS is answered with the methods that are allowed")
            return OK
        exchange.step("handler", f"nobody takes {method} here: 405")
        exchange.decided("method-not-allowed", None, "")
        return 405
    filename = exchange.filename or ""
    if exchange.found is None:
        exchange.step("handler", f"{filename}{exchange.path_info} is not there: 404")
        exchange.decided("not-found", None, "", log=f"AH00128: File does not exist: {filename}{exchange.path_info}")
        return 404
    if exchange.found.kind == DIRECTORY:
        exchange.step("handler", f"{filename} is a directory: 404")
        exchange.decided("directory", None, "", log=f"AH00129: Attempt to serve directory: {filename}")
        return 404
    if exchange.used_path_info != "on" and exchange.path_info:
        exchange.step("handler", f"there is nothing below the file {filename}: 404")
        exchange.decided("not-found", None, "", log=f"AH00130: File does not exist: {filename}{exchange.path_info}")
        return 404
    if method == "POST" and not exchange.deliver_script:
        exchange.step("handler", f"{filename} is a file, and files take no POST: 405")
        log = "AH00131: This resource does not accept the POST method."
        exchange.decided("method-not-allowed", None, "", log=log)
        return 405
    files = exchange.evaluator.served_files()
    seen = files.open(filename)
    place = files.place(seen)
    exchange.step("handler", filename, place, not seen.errno, f"file:{filename}", "readable")
    if seen.errno:
        log = f"{error_text(seen.errno)}AH00132: file permissions deny server access: {filename}"
        why = seen.why(f"{exchange.evaluator.who()} may not read this file")
        exchange.decided("file-unreadable", place, why, log=log)
        return FORBIDDEN
    if seen.entry is not None and has_conditions(exchange):
        conditional(exchange, files.exact(seen))
    return OK


def body_is_too_large(exchange: Exchange) -> bool:
    """Whether the request has a longer body than LimitRequestBody allows."""
    limit = exchange.core.limit_request_body
    limit = USUAL_LIMIT if limit is None else limit
    known = body_length(exchange)
    if not limit or known <= limit:
        return False
    exchange.step("handler", f"a body of {known} bytes, and LimitRequestBody is {limit}: 413", None, False)
    log = f"AH01588: Requested content-length of {known} is larger than the configured limit of {limit}"
    exchange.decided("body-too-large", None, "", log=log)
    return True


def body_length(exchange: Exchange) -> int:
    """How long the body of the request is."""
    length = exchange.header("content-length")
    known = int(length) if isinstance(length, str) and length.isascii() and length.isdigit() else 0
    return max(known, exchange.request.body_length or 0)
