"""From the URI to a file below the document root.

Truth: ap_core_translate in server/core.c, apr_filepath_merge of APR.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import error_text
from audit403.apache.decide.outcome import FORBIDDEN, OK
from audit403.apache.paths import merge

LONGEST_PATH = 4096


def translate(exchange: Exchange) -> int:
    """Map what no module has mapped."""
    if exchange.proxied:
        exchange.step("translate", "a request for a proxy that no proxy takes: 403")
        exchange.decided("nobody-proxies", None, "")
        return FORBIDDEN
    uri = exchange.uri
    if not uri.startswith("/") and uri != "*":
        exchange.step("translate", f"{uri} is no path: 400")
        log = f"AH00126: Invalid URI in request '{uri}' '{exchange.request.method} {exchange.unparsed_uri} HTTP/1.1'"
        exchange.decided("invalid-uri", None, "", log=log)
        return 400
    path = uri
    server_path = exchange.server.server_path
    if server_path and uri.startswith(server_path):
        behind = uri[len(server_path) :]
        if server_path.endswith("/") or behind[:1] in ("", "/"):
            path = behind
    root = exchange.document_root
    directive = exchange.server.core.document_root_directive
    where = None if directive is None else directive.span
    found = join_below(root, path.lstrip("/"))
    if found is None:
        method = exchange.request.method
        line = f"{method} {exchange.unparsed_uri} HTTP/1.1"
        log = f"{error_text(36)}AH00127: Cannot map {line} to file"
        exchange.step("translate", "the path is too long for a file, or leads out of the document root: 403")
        exchange.decided("path-too-long", where, "the document root and the path together are no path", log=log)
        return FORBIDDEN
    exchange.filename = found
    exchange.step("translate", f"{found}, below the document root {root}", where)
    return OK


def join_below(root: str, path: str) -> str | None:
    """A path below a root; None where it leads out of the root, or is longer than a path can be."""
    found = merge(root, path) if path else root.rstrip("/") + "/"
    depth = 0
    for part in path.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return None
    if len((root.rstrip("/") + "/" + path).encode("utf-8", "surrogateescape")) >= LONGEST_PATH:
        return None
    return found
