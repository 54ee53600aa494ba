"""mod_asis: a file that has the header of its answer in it.

Truth: asis_handler in modules/generators/mod_asis.c, ap_scan_script_header_err_core_ex in server/util_script.c.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.internal_redirect import redirect_internally
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK, SERVER_ERROR, is_redirect

OK_STATUS = 200
_NAMES = ("send-as-is", "httpd/send-as-is")


def handle(exchange: Exchange) -> int:
    """The file with the status that it says itself."""
    if exchange.handler not in _NAMES or exchange.method != "GET":
        return DECLINED
    filename = exchange.filename or ""
    if exchange.found is None:
        exchange.step("handler", f"{filename} is not there: 404")
        exchange.decided("not-found", None, "", log=f"AH01233: File does not exist: {filename}")
        return 404
    files = exchange.evaluator.files()
    seen = files.open(filename)
    place = files.place(seen)
    exchange.step("handler", filename, place, not seen.errno, f"file:{filename}", "readable")
    if seen.errno:
        log = f"{error_text(seen.errno)}AH01234: file permissions deny server access: {filename}"
        why = seen.why(f"{exchange.evaluator.who()} may not read this file")
        exchange.decided("file-unreadable", place, why, log=log)
        return FORBIDDEN
    data = exchange.evaluator.evidence.read(filename)
    if not isinstance(data, bytes):
        exchange.handed_to = f"the file {filename}, sent as it is"
        exchange.status_known = False
        return OK
    status, location = _head(data.decode("latin-1"), exchange.status)
    exchange.step("handler", f"{filename} says itself that its status is {status}")
    if location is not None and location.startswith("/") and (status == OK_STATUS or is_redirect(status)):
        exchange.method = exchange.method_text = "GET"
        redirect_internally(exchange, location)
        return OK
    exchange.status = status
    if status == FORBIDDEN:
        exchange.decided("as-is", place, "the file itself says this status")
    return OK


def _head(text: str, status: int) -> tuple[int, str | None]:
    """The location in the header of a file and its status, where it says one."""
    location = None
    for line in text.split("\n"):
        name, colon, value = line.rstrip("\r").partition(":")
        if not colon:
            break
        key = name.strip().lower()
        if key == "status":
            digits = value.strip()[:3]
            status = int(digits) if digits.isascii() and digits.isdigit() else SERVER_ERROR
        elif key == "location":
            location = value.strip()
    return status, location
