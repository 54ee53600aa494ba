"""The URL of a proxied request as it goes out, and what may not be in it.

Truth: ap_proxy_canon_url, fixup_uds_filename and ap_proxy_canon_netloc in modules/proxy/proxy_util.c, and the canon
functions of the modules for the schemes.
"""

import re

from audit403.apache.decide.choose_vhost import BadHost, split_host
from audit403.apache.decide.exchange import FORWARD, REVERSE, Exchange
from audit403.apache.decide.outcome import DECLINED, FORBIDDEN, OK
from audit403.apache.model.proxy import PROXY
from audit403.apache.read.implied import SCHEMES
from audit403.core.place import Span

PREFIX = "proxy:"
#: The numbers of "To be forwarded path (query string) contains control characters or spaces".
_NUMBERS = {
    "proxy_http": ("AH10415", "AH10408"),
    "proxy_fcgi": ("AH10414", ""),
    "proxy_uwsgi": ("AH10417", ""),
    "proxy_ajp": ("AH10418", "AH10406"),
    "proxy_wstunnel": ("AH10419", "AH10409"),
    "proxy_http2": ("AH10420", "AH10412"),
}
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_CONTROL_OR_MARK = re.compile(r"[\x00-\x1f\x7f?]")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789~$-_.+!*'(),;:@&=/")


def module_of(exchange: Exchange, scheme: str) -> str | None:
    """The module that is there for a scheme."""
    has = exchange.evaluator.has
    if scheme in ("ws", "wss") and has("proxy_wstunnel") and not has("proxy_http"):
        return "proxy_wstunnel"
    module = SCHEMES.get(scheme)
    return module if module is not None and has(module) else None


def place_of_pass(exchange: Exchange) -> Span | None:
    """The ProxyPass, the rule or the SetHandler that has sent the request on."""
    directive = exchange.extra.get(PROXY) or exchange.core.handler_directive
    return None if directive is None else directive.span


def canonical(exchange: Exchange, from_handler: bool = False) -> int:
    """Write the URL of a proxied request as it goes out, or say why it does not.

    DECLINED where no module knows the scheme: where SetHandler has sent it on (`from_handler`, a file's name is the
    path) the file is then served as it is.
    """
    filename = exchange.filename or ""
    url = filename[len(PREFIX) :]
    if exchange.proxied == REVERSE and url[:5].lower() == "unix:" and "|" in url:
        socket, _, origin = url.partition("|")
        without_host = _with_host(origin)
        if without_host is None:
            return _bad(exchange, "AH10292", f"Invalid proxy UDS filename ({filename})")
        exchange.notes["uds_path"] = socket[len("unix:") :]
        url = without_host
        exchange.filename = PREFIX + url
    scheme, colon, rest = url.partition(":")
    if not colon or not scheme:
        return _bad(exchange, None, f"{url} is no URL")
    module = module_of(exchange, scheme.lower())
    if module is None:
        return DECLINED
    if not rest.startswith("//"):
        return _bad(exchange, "AH01083", f"error parsing URL {url}: Malformed URL")
    host, _, path = rest[2:].partition("/")
    if not _is_host(host.rpartition("@")[2]):
        return _bad(exchange, "AH01083", f"error parsing URL {url}: Invalid host/port")
    return _checked(exchange, module, f"{scheme.lower()}://{host}/", path, from_handler)


def _checked(exchange: Exchange, module: str, start: str, path: str, from_handler: bool) -> int:
    """What is left as it is may have nothing in it that no URL may have."""
    path_number, query_number = _NUMBERS.get(module, ("", ""))
    raw = "proxy-nocanon" in exchange.notes
    bad = _CONTROL
    if module == "proxy_fcgi":
        # What goes on as it is may have spaces in it, but nothing that looks like a query string.
        raw, bad = raw or from_handler, _CONTROL_OR_MARK
    elif exchange.proxied == FORWARD:
        raw = True
    encoded = "proxy-noencode" in exchange.notes
    query = None if raw or not query_number else exchange.args
    if not raw and not encoded:
        path = _encoded(path)
    for text, number, what in ((path, path_number, "path"), (query or "", query_number, "query string")):
        if number and bad.search(text):
            exchange.step("fixup", f"the {what} has characters in it that httpd sends on to nobody: 403")
            kinds = "control characters or spaces" if bad is _CONTROL else f"control characters or '?' ({text})"
            log = f"{number}: To be forwarded {what} contains {kinds}"
            where = place_of_pass(exchange)
            exchange.decided("proxy-characters", where, "decoded characters are sent on", log=log)
            return FORBIDDEN
    exchange.filename = PREFIX + start + path + ("" if query is None else f"?{query}")
    return OK


def _is_host(host: str) -> bool:
    if host.isascii() and host.isdigit():
        return False
    try:
        split_host(host)
    except BadHost:
        return False
    return True


def _with_host(origin: str) -> str | None:
    """What stands behind the path of a socket, with a host; None where it is no URL."""
    scheme, colon, rest = origin.partition(":")
    if not colon:
        return None
    if not rest:
        return f"{origin}//localhost"
    if rest.startswith("/") and (not rest.startswith("//") or rest[2:3] in ("/", "")):
        return f"{scheme}://localhost{rest[2:] if rest.startswith('//') else rest}"
    return origin


def _encoded(path: str) -> str:
    if _PLAIN.issuperset(path):
        return path
    data = path.encode("utf-8", "surrogateescape").decode("latin-1")
    return "".join(mark if mark in _PLAIN else f"%{ord(mark):02X}" for mark in data)


def _bad(exchange: Exchange, number: str | None, why: str) -> int:
    exchange.step("fixup", f"{why}: 400")
    exchange.decided("proxy-url", place_of_pass(exchange), why, log=None if number is None else f"{number}: {why}")
    return 400
