"""What both kinds of rules do with what they have made: refuse it, answer, hand it to the proxy, send the client on.

Truth: the parts that hook_uri2file and hook_fixup of modules/mappers/mod_rewrite.c have in common.
"""

import re

from audit403.apache.decide.error_document import OWN_PAGE
from audit403.apache.decide.exchange import NOT_PROXIED, REVERSE, Exchange
from audit403.apache.decide.outcome import FORBIDDEN, OK, SENT_TO, SERVER_ERROR, is_redirect
from audit403.apache.decide.rewrite.rules import ANSWERED, ANSWERED_AT_ONCE, CHANGED_UNESCAPED, Applied
from audit403.apache.decide.rewrite.urls import absolute_prefix, has_unsafe_query
from audit403.apache.decide.subrequests import escape_path
from audit403.apache.model.proxy import PROXY
from audit403.core.place import Place

UNSAFE_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Numbers:
    """The AH numbers that differ between a server's rules and a directory's."""

    __slots__ = ("no_proxy", "unsafe_query")

    def __init__(self, unsafe_query: str, no_proxy: str) -> None:
        self.unsafe_query = unsafe_query
        self.no_proxy = no_proxy


def answer(exchange: Exchange, applied: Applied, numbers: Numbers, phase: str, in_directory: bool) -> int | None:
    """The status that the request ends with here, OK for the proxy, None where it goes on as a local path."""
    filename = exchange.filename or ""
    where = None if applied.last is None else applied.last.directive.span
    skip = absolute_prefix(filename)
    escapes = bool(skip) and applied.action != CHANGED_UNESCAPED
    if not escapes and has_unsafe_query(exchange):
        exchange.step(phase, "the query string now has a space or a control character in it: 403", where)
        log = f"{numbers.unsafe_query}: Rewritten query string contains control characters or spaces"
        exchange.decided("rewrite-query", where, "this puts decoded characters into the query string", log=log)
        return FORBIDDEN
    if applied.action == ANSWERED:
        status, exchange.status = exchange.status, 200
        return status
    if applied.action == ANSWERED_AT_ONCE:
        return exchange.status
    if filename.startswith("proxy:") and len(filename) > len("proxy:"):
        return _to_proxy(exchange, applied, numbers, where, phase, in_directory)
    if not skip:
        return None
    status = 302
    if is_redirect(exchange.status):
        status, exchange.status = exchange.status, 200
    exchange.filename = _sent_to(exchange, filename, skip, escapes)
    exchange.step(phase, f"{status} to {exchange.filename}", where, operator=SENT_TO, value=exchange.filename)
    if not escapes and UNSAFE_IN_HEADER.search(filename):
        return _no_header(exchange, phase, where, filename)
    return status


def _sent_to(exchange: Exchange, url: str, skip: int, escapes: bool) -> str:
    """The Location, which look-aheads then see as the file's name (escape_absolute_uri)."""
    if escapes:
        at = url.find("/", skip) + 1 if url[skip - 1] == "/" else skip
        url = url[:at] + escape_path(url[at:]) if at else url
    if not exchange.args:
        return f"{url}?" if exchange.args is not None else url
    is_own = exchange.args == exchange.unparsed_uri.partition("?")[2]
    return f"{url}?{exchange.args if is_own or not escapes else escape_path(exchange.args)}"


def _no_header(exchange: Exchange, phase: str, where: Place | None, filename: str) -> int:
    """A Location with control characters in it cannot be sent; httpd has its own page for that."""
    exchange.step(phase, "the Location would have control characters in it: 500", where)
    log = f"AH02430: Response header 'Location' value of '{filename}' contains invalid characters, aborting request"
    exchange.decided("bad-location", where, "this puts decoded characters into the Location", log=log)
    exchange.extra[OWN_PAGE] = True
    return SERVER_ERROR


def _to_proxy(
    exchange: Exchange, applied: Applied, numbers: Numbers, where: Place | None, phase: str, in_directory: bool
) -> int:
    """[P]: what mod_proxy takes over, if it is there."""
    filename = exchange.filename or ""
    if not exchange.evaluator.has("proxy"):
        exchange.step(phase, "mod_proxy is not loaded: 403", where)
        log = f"{numbers.no_proxy}: attempt to make remote request from mod_rewrite without proxy enabled: {filename}"
        exchange.decided("rewrite-without-proxy", where, "this asks mod_proxy, which is not loaded", log=log)
        return FORBIDDEN
    unescaped = applied.action == CHANGED_UNESCAPED
    if unescaped:
        exchange.notes["proxy-nocanon"] = "1"
    if not in_directory:
        filename += exchange.path_info
    with_query = unescaped or (not in_directory and exchange.proxied == "forward")
    if exchange.args is not None and with_query:
        filename = f"{filename}?{exchange.args}"
    exchange.filename = filename
    if exchange.proxied == NOT_PROXIED:
        exchange.proxied = REVERSE
    exchange.handler = "proxy-server"
    if applied.last is not None:
        exchange.extra[PROXY] = applied.last.directive
    exchange.step(phase, f"handed to the proxy: {filename}", where)
    return OK
