"""Requests that httpd makes to itself while it answers one: subrequests and internal redirects.

Truth: make_sub_request and ap_sub_req_method_uri in server/request.c, internal_internal_redirect and
ap_internal_fast_redirect in modules/http/http_request.c, ap_is_recursion_limit_exceeded in server/core.c.
"""

from audit403.apache.decide.directory_walk import followed
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import OK, SERVER_ERROR
from audit403.apache.decide.phases import NO_URI, process_request
from audit403.apache.decide.request_head import parse_uri
from audit403.apache.model.options import FOLLOW
from audit403.apache.model.per_dir import PerDir
from audit403.apache.paths import merge, without_path_info
from audit403.core.decision import LED_NOWHERE, LOOKED_UP, REASON_STATE, Missing
from audit403.core.open_question import Undecided

_ASKED = "asked-for"
MOST_REDIRECTS = MOST_SUBREQUESTS = 10
MOST_STEPS = 50_000
"""Subrequests that make subrequests can be so many that httpd itself does not come to an end in any sensible time."""


def look_up_uri(exchange: Exchange, uri: str, method: str = "GET") -> Exchange:
    """A subrequest for a URI (relative to the request's own), through all phases but the handler."""
    inner = subrequest(exchange)
    inner.method = inner.method_text = method
    if not uri.startswith("/"):
        uri = escape_path(exchange.uri.rpartition("/")[0] + "/") + uri
    parse_uri(inner, uri)
    inner.hostname = exchange.hostname
    inner.extra[_ASKED] = uri
    exchange.step("subrequest", f"subrequest for {uri}", operator=LOOKED_UP, value=uri)
    return _processed(exchange, inner)


def look_up_file(exchange: Exchange, path: str) -> Exchange:
    """A subrequest for a file (relative to the request's own), through all phases but the handler."""
    inner = subrequest(exchange)
    inner.method = inner.method_text = "GET"
    directory = (exchange.filename or "").rpartition("/")[0] + "/"
    filename = inner.filename = merge(directory, path)
    exchange.step("subrequest", f"subrequest for the file {filename}", value=filename)
    name = filename.removeprefix(directory) if filename.startswith(directory) else ""
    if name and "/" not in name:
        files = exchange.evaluator.files()
        seen = files.stat(filename) if FOLLOW in inner.core.options.opts else files.lstat(filename)
        inner.found = seen.entry
        parse_uri(inner, exchange.uri.rpartition("/")[0] + "/" + name if exchange.uri else path)
    else:
        parse_uri(inner, path)
        inner.extra[NO_URI] = True
    inner.per_dir = inner.server.lookup_defaults
    return _processed(exchange, inner)


def look_up_entry(exchange: Exchange, name: str) -> Exchange:
    """A subrequest for a file that the directory of the request's own has; path info and arguments go along."""
    inner = subrequest(exchange)
    inner.method = inner.method_text = "GET"
    inner.filename = (exchange.filename or "").rpartition("/")[0] + "/" + name
    exchange.step("subrequest", f"subrequest for the file {inner.filename}", value=inner.filename)
    uri = without_path_info(exchange.uri, exchange.path_info).rpartition("/")[0] + "/" + name
    inner.per_dir = inner.server.lookup_defaults
    files = exchange.evaluator.served_files()
    options = inner.core.options
    seen = files.stat(inner.filename) if FOLLOW in options.opts else files.lstat(inner.filename)
    if seen.is_link:
        status, seen = followed(inner, files, inner.filename, seen, inner.core.options_directive, options.opts)
        if status != OK:
            inner.status = status
            return inner
    inner.found = seen.entry
    if exchange.path_info:
        inner.path_info = exchange.path_info
        uri += exchange.path_info
    if seen.is_directory:
        inner.filename += "/"
        uri += "" if inner.path_info else "/"
    parse_uri(inner, escape_path(uri) + (f"?{exchange.args}" if exchange.args else ""))
    return _processed(exchange, inner)


def subrequest(exchange: Exchange) -> Exchange:
    """A new request inside another; it shares the trace."""
    inner = Exchange(exchange.evaluator, exchange.request, exchange.connection, exchange.server)
    inner.share_trace(exchange)
    inner.main = exchange
    inner.is_head = exchange.is_head
    inner.method, inner.method_text = exchange.method, exchange.method_text
    inner.hostname = exchange.hostname
    inner.headers = exchange.headers
    inner.env = exchange.env.copy()
    inner.client = exchange.client
    inner.allowed = set(exchange.allowed)
    inner.protocol = "INCLUDED"
    inner.depth = exchange.depth + 1
    return inner


def run_phases(exchange: Exchange, inner: Exchange) -> Exchange:
    """Take a subrequest that was made by hand through all phases but the handler."""
    return _processed(exchange, inner)


def _processed(exchange: Exchange, inner: Exchange) -> Exchange:
    if too_deep(exchange):
        exchange.step("subrequest", "too many subrequests one inside the other: 500")
        log = "AH00125: Request exceeded the limit of 10 subrequest nesting levels due to probable configuration error."
        inner.decided("subrequest-limit", None, "", log=log)
        inner.status = SERVER_ERROR
        return inner
    if len(exchange.steps) > MOST_STEPS:
        raise Undecided(Missing(REASON_STATE, "what comes of a request that asks itself thousands of times"))
    status = process_request(inner)
    if status != OK:
        inner.status = status
        exchange.step("subrequest", f"the subrequest for {inner.uri} would be answered with {status}")
    return inner


def led_nowhere(exchange: Exchange, inner: Exchange) -> None:
    """Note that nothing comes of a subrequest for a URI: what it asked for is not there."""
    exchange.step("subrequest", f"{inner.uri} is not there", None, False, None, LED_NOWHERE, inner.extra[_ASKED])


def take_over(exchange: Exchange, inner: Exchange) -> None:
    """Answer with what a subrequest has found (ap_internal_fast_redirect)."""
    exchange.step("subrequest", f"{inner.uri} stands for it", value=inner.uri)
    exchange.proxied = inner.proxied
    exchange.uri = inner.uri
    exchange.filename, exchange.path_info, exchange.found = inner.filename, inner.path_info, inner.found
    exchange.args = inner.args
    exchange.handler = inner.handler
    exchange.set_type(inner.content_type, trusted=inner.type_trusted)
    exchange.content_encoding, exchange.content_languages = inner.content_encoding, inner.content_languages
    if inner.per_dir is not exchange.per_dir:
        # Walks of later redirects begin from what this request's own walks have left and come to another object.
        exchange.per_dir = PerDir(inner.per_dir.slots)
    exchange.notes = {**exchange.notes, **inner.notes}
    for name, value in inner.env.items():
        exchange.env.set(name, value)


def redirected(exchange: Exchange, uri: str) -> Exchange | None:
    """The request that an internal redirect makes, before its phases; None where there were too many."""
    if too_deep(exchange):
        exchange.step("redirect", "too many internal redirects: 500")
        log = (
            "AH00124: Request exceeded the limit of 10 internal redirects due to probable configuration error. Use "
            "'LimitInternalRecursion' to increase the limit if necessary. Use 'LogLevel debug' to get a backtrace."
        )
        exchange.decided("redirect-limit", None, "", log=log)
        return None
    new = Exchange(exchange.evaluator, exchange.request, exchange.connection, exchange.server)
    new.share_trace(exchange)
    new.prev = exchange
    new.main = exchange.main
    new.method, new.method_text = exchange.method, exchange.method_text
    new.is_head = exchange.is_head
    new.protocol = exchange.protocol
    new.headers = exchange.headers
    new.client = exchange.client
    new.status = exchange.status
    new.env = exchange.env.renamed("REDIRECT_")
    new.env.set("REDIRECT_STATUS", str(exchange.status))
    new.depth = exchange.depth + 1
    new.allowed = set()
    parse_uri(new, uri)
    new.hostname = exchange.hostname
    if "port" in exchange.extra:
        new.extra["port"] = exchange.extra["port"]
    new.cause = exchange.cause
    exchange.step("redirect", f"internal redirect to {uri}", value=uri)
    status = exchange.evaluator.run("post_read_request", new)
    new.extra["post-read-request"] = status
    return new


def too_deep(exchange: Exchange) -> bool:
    """Whether there were too many redirects or subrequests one inside the other."""
    core = exchange.server.core
    most_redirects = core.redirect_limit or MOST_REDIRECTS
    most_subrequests = core.subrequest_limit or MOST_SUBREQUESTS
    redirects = subrequests = 0
    at: Exchange | None = exchange
    while at is not None:
        if at.prev is None and at.main is None:
            break
        if at.prev is not None:
            redirects += 1
            if redirects >= most_redirects:
                return True
        if at.prev is None and at.main is not None:
            subrequests += 1
            if subrequests >= most_subrequests:
                return True
        at = at.prev or at.main
    return False


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~$&+,/:@!'()*;=")


def escape_path(path: str) -> str:
    """A path as it may stand in a URL (ap_escape_uri)."""
    if _PLAIN.issuperset(path):
        return path
    data = path.encode("utf-8", "surrogateescape").decode("latin-1")
    return "".join(mark if mark in _PLAIN else f"%{ord(mark):02x}" for mark in data)
