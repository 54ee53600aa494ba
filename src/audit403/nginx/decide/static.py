"""Static files, with gzip_static before them.

Truth: src/http/modules/ngx_http_static_module.c, ngx_http_gzip_static_module.c and ngx_http_gzip_ok.
"""

from errno import EACCES

from audit403.core.place import Because, PathPlace
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.index import refusal_reason
from audit403.nginx.decide.map_path import map_uri_to_path
from audit403.nginx.decide.outcome import Outcome, Sent, Status
from audit403.nginx.decide.worker_files import ERRNO_TEXT, FORBIDDEN, NOT_FOUND, Opened, refusal_log


def static(exchange: Exchange) -> Outcome | None:
    """Serve the file that the URI names."""
    if exchange.method not in ("GET", "HEAD", "POST"):
        exchange.step(
            "content", f"static files answer no {exchange.method}: 405", None, True, "method", "not-in", "GET"
        )
        exchange.decided("method-not-allowed", None, "")
        return Status(405)
    if exchange.uri.endswith("/"):
        return None
    opened = open_mapped(exchange)
    if isinstance(opened, Status):
        return opened
    if opened.is_directory:
        exchange.step("content", "it is a directory: nginx redirects to the URI with a slash")
        exchange.decided("directory-redirect", None, "")
        return Status(301)
    if not opened.is_file:
        exchange.decided("not-a-regular-file", None, "", log="is not a regular file")
        return Status(404)
    if exchange.method == "POST":
        exchange.decided("method-not-allowed", None, "")
        return Status(405)
    return Sent(200)


def open_mapped(exchange: Exchange) -> "Opened | Status":
    """Open the file that the URI maps to; a Status when nginx answers an error."""
    mapped = map_uri_to_path(exchange)
    root = exchange.evaluator.root(exchange.context).directive
    if mapped is None:
        exchange.decided(
            "alias-after-rewrite",
            None if root is None else root.span,
            "alias cannot be used where the URI was rewritten",
        )
        return Status(500)
    path = mapped.path
    opened = exchange.evaluator.files().open(exchange, path)
    exchange.step(
        "content",
        f"{opened.call} {path}: {ERRNO_TEXT.get(opened.errno, f'errno {opened.errno}') if opened.errno else 'opened'}",
        None if root is None else root.span,
        opened.errno == 0,
        f"file:{path}",
        "readable",
    )
    if opened.errno == 0:
        return opened
    if opened.errno in NOT_FOUND:
        exchange.decided("file-not-found", PathPlace(path), ERRNO_TEXT[opened.errno], log=refusal_log(opened, path))
        return Status(404)
    if opened.errno in FORBIDDEN:
        place = PathPlace(path) if opened.blocker is None else opened.blocker.place
        also = () if root is None else (Because(root.span, f"leads to {path}"),)
        exchange.decided(refusal_cause(opened), place, refusal_reason(opened), log=refusal_log(opened, path), also=also)
        return Status(403)
    exchange.decided("file-error", PathPlace(path), f"errno {opened.errno}", log=refusal_log(opened, path))
    return Status(500)


def refusal_cause(opened: Opened) -> str:
    """The mechanism's name for a refused open: what the blocking component lacks."""
    if opened.errno != EACCES:
        return "symlink-refused"
    need = "read" if opened.blocker is None else opened.blocker.need
    return {"search": "ancestor-not-searchable", "follow": "symlink-refused"}.get(need, "file-unreadable")


def gzip_static(exchange: Exchange) -> Outcome | None:
    """Serve `file.gz` instead where the client takes it; without one, go on with the plain file."""
    if exchange.method not in ("GET", "HEAD") or exchange.uri.endswith("/"):
        return None
    mode = exchange.context.argument("gzip_static", "off")
    if mode == "off" or (mode == "on" and not _takes_gzip(exchange)):
        return None
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return Status(500)
    path = mapped.path + ".gz"
    opened = exchange.evaluator.files().open(exchange, path)
    exchange.step(
        "content",
        f"gzip_static {path}: {'not used' if opened.errno or opened.is_directory else 'sent instead'}",
        None,
        opened.errno == 0,
        f"file:{path}",
        "readable",
    )
    if opened.errno or opened.is_directory:
        return None
    return Sent(200) if opened.is_file else Status(404)


def _takes_gzip(exchange: Exchange) -> bool:
    """ngx_http_gzip_ok for a request over HTTP/1.1."""
    if exchange.is_subrequest:
        return False
    accepted = exchange.request.header("accept-encoding")
    if accepted is None or not accepts_gzip(accepted):
        return False
    if exchange.request.header("via") is None:
        return True
    proxied = {word for directive in exchange.context.effective("gzip_proxied") for word in directive.args}
    if "any" in proxied:
        return True
    return "auth" in proxied and exchange.request.header("authorization") is not None


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (ngx_http_gzip_accept_encoding)."""
    for part in header.split(","):
        coding, _, parameter = part.strip().partition(";")
        if coding.strip() == "gzip":
            name, equals, quality = parameter.strip().partition("=")
            if name.lower() != "q" or not equals:
                return not parameter.strip()
            try:
                return 0 < float(quality.split()[0] if quality.split() else "x") <= 1
            except ValueError:
                return False
    return False
