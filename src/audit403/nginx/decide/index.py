"""index: which file answers for a URI that ends in a slash.

Truth: src/http/modules/ngx_http_index_module.c.
"""

from errno import EACCES, ENOENT

from audit403.core.place import PathPlace, Span
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.file_refusal import refused_by_file
from audit403.nginx.decide.map_path import PathBuffer, byte_length, wants_directory
from audit403.nginx.decide.outcome import Outcome, Redirect, Status
from audit403.nginx.decide.variables.lookup import expand_left_over
from audit403.nginx.decide.worker_files import (
    ERRNO_TEXT,
    LINK_REFUSED,
    NOT_FOUND,
    Opened,
    alias_after_rewrite,
    not_found_log,
)
from audit403.nginx.model.template import compile_template

_GET_HEAD_POST = ("GET", "HEAD", "POST")


def index(exchange: Exchange) -> Outcome | None:
    """Look for the index files in order."""
    if not wants_directory(exchange) or exchange.method not in _GET_HEAD_POST:
        return None
    directives = exchange.context.effective("index")
    names = [name for directive in directives for name in directive.args] or ["index.html"]
    span = directives[0].span if directives else None
    longest = max((byte_length(name) for name in names if "$" not in name), default=0)
    buffer = PathBuffer(1)
    for name in names:
        if name.startswith("/") and "$" not in name:
            return _elsewhere(exchange, name, span)
        template = compile_template(name)
        room = longest if template.literal is not None else byte_length(expand_left_over(exchange, template)) + 17
        # Mapped only here: an absolute name needs no file.
        mapped = buffer.mapped(exchange, room)
        if mapped is None:
            return alias_after_rewrite(exchange)
        text = expand_left_over(exchange, template)
        if text.startswith("/"):
            return _elsewhere(exchange, text, span)
        outcome = _try(exchange, mapped.path, text, name, span)
        if outcome is not None:
            # For an empty URI: the new one stands behind the root in the same buffer, behind an alias in another.
            is_alias = exchange.evaluator.root(exchange.context).is_alias
            exchange.before_uri = "" if is_alias else mapped.path[: mapped.root][-1:]
            return outcome
    return None


def _elsewhere(exchange: Exchange, uri: str, span: Span | None) -> Redirect:
    exchange.step("content", f"index: on to {uri}", span)
    return Redirect(uri, exchange.args)


def _try(exchange: Exchange, directory: str, text: str, name: str, span: Span | None) -> Outcome | None:
    path = directory + text
    opened = exchange.evaluator.files().stat(exchange, path)
    exchange.step(
        "content",
        f"index {path}: {ERRNO_TEXT.get(opened.errno, 'it is there') if opened.errno else 'it is there'}",
        span,
        opened.errno == 0,
        f"file:{path}",
        "exists",
        name,
    )
    if opened.errno == 0:
        return Redirect(exchange.uri + text, exchange.args)
    outcome = _index_error(exchange, opened, path) or _test_directory(exchange, directory, path)
    if outcome is not None or opened.errno == ENOENT:
        return outcome
    exchange.decided("index-error", PathPlace(path), f"errno {opened.errno}")
    return Status(500)


def _index_error(exchange: Exchange, opened: Opened, path: str) -> Status | None:
    if opened.errno in LINK_REFUSED:
        _refused(exchange, opened, path, None)
        return Status(403)
    if opened.errno == EACCES:
        _refused(exchange, opened, path, f'"{path}" is forbidden (13: Permission denied)')
        return Status(403)
    if opened.errno in NOT_FOUND and opened.errno != ENOENT:
        _not_found(exchange, path, opened.errno)
        return Status(404)
    return None


def _test_directory(exchange: Exchange, directory: str, candidate: str) -> Status | None:
    path = directory[:-1] if directory.endswith("/") and len(directory) > 1 else directory
    opened = exchange.evaluator.files().stat_directory(exchange, path)
    if opened.errno == 0:
        if opened.is_directory:
            return None
        exchange.decided("index-error", PathPlace(path), "is not a directory", log=f'"{path}" is not a directory')
        return Status(500)
    if opened.errno in LINK_REFUSED:
        _refused(exchange, opened, path, None)
        return Status(403)
    if opened.errno == ENOENT:
        _not_found(exchange, candidate, ENOENT)
        return Status(404)
    if opened.errno == EACCES:
        return None
    exchange.decided("index-error", PathPlace(path), f"errno {opened.errno}")
    return Status(500)


def _not_found(exchange: Exchange, path: str, errno: int) -> None:
    log = not_found_log(exchange, f'"{path}" is not found ({errno}: {ERRNO_TEXT[errno]})')
    exchange.decided("index-not-found", PathPlace(path), ERRNO_TEXT[errno], log=log)


def _refused(exchange: Exchange, opened: Opened, path: str, log: str | None) -> None:
    asking = exchange.context.last("index") or exchange.evaluator.root(exchange.context).directive
    refused_by_file(exchange, opened, path, log, asking)
