"""Static files.

Truth: src/http/modules/ngx_http_static_module.c.
"""

from audit403.core.place import PathPlace
from audit403.evidence.interface import exact_entry
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.file_refusal import refused_by_file
from audit403.nginx.decide.map_path import map_uri_to_path, wants_directory
from audit403.nginx.decide.outcome import Body, Outcome, Sent, Status
from audit403.nginx.decide.worker_files import (
    ERRNO_TEXT,
    FORBIDDEN,
    NOT_FOUND,
    Opened,
    alias_after_rewrite,
    not_found_log,
    refusal_log,
)

_ABOUT_SIZE_AND_TIME = (
    "range",
    "if-range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
)


def static(exchange: Exchange) -> Outcome | None:
    """Serve the file that the URI names."""
    if exchange.method not in ("GET", "HEAD", "POST"):
        exchange.step(
            "content", f"static files answer no {exchange.method}: 405", None, True, "method", "not-in", "GET"
        )
        exchange.decided("method-not-allowed", None, "")
        return Status(405)
    if wants_directory(exchange):
        return None
    opened = open_mapped(exchange)
    if isinstance(opened, Status):
        return opened
    if opened.is_directory:
        exchange.step("content", "it is a directory: nginx redirects to the URI with a slash")
        exchange.decided("directory-redirect", None, "")
        return Status(301)
    if not opened.is_file:
        mapped = map_uri_to_path(exchange)
        path = "" if mapped is None else mapped.path
        exchange.decided("not-a-regular-file", PathPlace(path), "", log=f'"{path}" is not a regular file')
        return Status(404)
    if exchange.method == "POST":
        exchange.decided("method-not-allowed", None, "")
        return Status(405)
    return Sent(200, file_body(exchange, opened))


def file_body(exchange: Exchange, opened: Opened) -> Body:
    """The body that an opened file makes; of a listed tree its size and time are asked for where they count."""
    entry = opened.entry
    if entry is not None and any(exchange.request.header(name) is not None for name in _ABOUT_SIZE_AND_TIME):
        entry = exact_entry(exchange.evaluator.evidence, opened.path, entry)
    return Body(None if entry is None else entry.size, None if entry is None else entry.mtime, True, True)


def open_mapped(exchange: Exchange) -> "Opened | Status":
    """Open the file that the URI maps to; a Status when nginx answers an error."""
    mapped = map_uri_to_path(exchange)
    root = exchange.evaluator.root(exchange.context).directive
    if mapped is None:
        return alias_after_rewrite(exchange)
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
        log = not_found_log(exchange, refusal_log(opened, path))
        exchange.decided("file-not-found", PathPlace(path), ERRNO_TEXT[opened.errno], log=log)
        return Status(404)
    if opened.errno in FORBIDDEN:
        refused_by_file(exchange, opened, path, refusal_log(opened, path), root)
        return Status(403)
    exchange.decided("file-error", PathPlace(path), f"errno {opened.errno}", log=refusal_log(opened, path))
    return Status(500)
