"""index, autoindex and random_index: what a URI that ends in a slash gets.

Truth: src/http/modules/ngx_http_index_module.c, ngx_http_autoindex_module.c, ngx_http_random_index_module.c.
"""

from errno import EACCES, ENOENT

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.place import Because, PathPlace
from audit403.evidence.interface import FILE, LINK, Absent, Entry, NotCollected, Unreadable
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import map_uri_to_path
from audit403.nginx.decide.outcome import Outcome, Redirect, Sent, Status, Undecided
from audit403.nginx.decide.variables.lookup import expand_known
from audit403.nginx.decide.worker_files import ERRNO_TEXT, LINK_REFUSED, NOT_FOUND, Opened, refusal_log
from audit403.nginx.model.template import compile_template

_GET_HEAD = ("GET", "HEAD")
_GET_HEAD_POST = ("GET", "HEAD", "POST")


def index(exchange: Exchange) -> Outcome | None:
    """Look for the index files in order."""
    if not exchange.uri.endswith("/") or exchange.method not in _GET_HEAD_POST:
        return None
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return _alias_after_rewrite(exchange)
    directives = exchange.context.effective("index")
    names = [name for directive in directives for name in directive.args] or ["index.html"]
    span = directives[0].span if directives else None
    directory_tested = False
    for name in names:
        template = compile_template(name)
        text = expand_known(exchange, template)
        if text.startswith("/"):
            exchange.step("content", f"index: on to {text}", span)
            return Redirect(text, exchange.args)
        path = mapped.path + text
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
        outcome = _index_error(exchange, opened, path)
        if outcome is not None:
            return outcome
        if not directory_tested:
            outcome = _test_directory(exchange, mapped.path)
            if outcome is not None:
                return outcome
            directory_tested = True
        if opened.errno != ENOENT:
            exchange.decided("index-error", PathPlace(path), f"errno {opened.errno}")
            return Status(500)
    return None


def _index_error(exchange: Exchange, opened: Opened, path: str) -> Status | None:
    if opened.errno in LINK_REFUSED:
        _refused_by_file(exchange, "index-refused", opened, path, None)
        return Status(403)
    if opened.errno == EACCES:
        _refused_by_file(exchange, "index-refused", opened, path, f'"{path}" is forbidden (13: Permission denied)')
        return Status(403)
    if opened.errno in NOT_FOUND and opened.errno != ENOENT:
        exchange.decided("index-not-found", PathPlace(path), ERRNO_TEXT[opened.errno])
        return Status(404)
    return None


def _test_directory(exchange: Exchange, directory: str) -> Status | None:
    path = directory[:-1] if directory.endswith("/") and len(directory) > 1 else directory
    opened = exchange.evaluator.files().stat_directory(exchange, path)
    if opened.errno == 0:
        if opened.is_directory:
            return None
        exchange.decided("index-error", PathPlace(path), "is not a directory", log=f'"{path}" is not a directory')
        return Status(500)
    if opened.errno in LINK_REFUSED:
        _refused_by_file(exchange, "index-refused", opened, path, None)
        return Status(403)
    if opened.errno == ENOENT:
        exchange.decided("index-not-found", PathPlace(path), "the directory is not there")
        return Status(404)
    if opened.errno == EACCES:
        return None
    exchange.decided("index-error", PathPlace(path), f"errno {opened.errno}")
    return Status(500)


def autoindex(exchange: Exchange) -> Outcome | None:
    """The listing of a directory."""
    if not exchange.uri.endswith("/") or exchange.method not in _GET_HEAD or not exchange.context.flag("autoindex"):
        return None
    outcome = _open_directory(exchange, strip_root=True)
    return outcome if outcome is not None else Sent(200)


def random_index(exchange: Exchange) -> Outcome | None:
    """Any regular file of the directory."""
    if not exchange.uri.endswith("/") or exchange.method not in _GET_HEAD_POST:
        return None
    if not exchange.context.flag("random_index"):
        return None
    outcome = _open_directory(exchange, strip_root=False)
    if outcome is not None:
        return outcome
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return _alias_after_rewrite(exchange)
    directory = mapped.path[:-1]
    names = exchange.evaluator.evidence.names(exchange.evaluator.files().resolver.stat(directory or "/").path)
    if isinstance(names, (Absent, NotCollected, Unreadable)):
        raise Undecided(Missing(REASON_FILE, directory))
    candidates: list[str] = []
    for name in names:
        if name.startswith("."):
            continue
        kind = _kind(exchange, directory + "/" + name)
        if kind is None:
            exchange.decided("random-index-error", PathPlace(directory + "/" + name), "cannot be examined")
            return Status(500)
        if kind == FILE:
            candidates.append(name)
    if not candidates:
        return None
    return Redirect(exchange.uri + _pick(exchange, directory, candidates), exchange.args)


def _pick(exchange: Exchange, directory: str, candidates: list[str]) -> str:
    for name in candidates[:-1]:
        if exchange.ask(Missing(REASON_STATE, f"whether random_index takes {directory}/{name}")):
            return name
    return candidates[-1]


def _kind(exchange: Exchange, path: str) -> str | None:
    resolver = exchange.evaluator.files().resolver
    found = resolver.lstat(path)
    if found.missing is not None:
        raise Undecided(found.missing)
    if found.entry is None or found.entry.kind != LINK:
        return "" if found.entry is None else found.entry.kind
    target = resolver.stat(path)
    if target.missing is not None:
        raise Undecided(target.missing)
    if target.errno == ENOENT:
        return LINK
    return target.entry.kind if target.errno == 0 and isinstance(target.entry, Entry) else None


def _open_directory(exchange: Exchange, strip_root: bool) -> Status | None:
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return _alias_after_rewrite(exchange)
    path = mapped.path[:-1] if len(mapped.path) > 1 or not strip_root else mapped.path
    opened = exchange.evaluator.files().list(path)
    directive = exchange.context.last("autoindex")
    exchange.step(
        "content",
        f"listing of {path}: {ERRNO_TEXT.get(opened.errno, 'failed') if opened.errno else 'it can be read'}",
        None if directive is None else directive.span,
        opened.errno == 0,
        f"file:{path}",
        "listable",
    )
    if opened.errno == 0:
        return None
    if opened.errno in NOT_FOUND:
        exchange.decided("directory-not-found", PathPlace(path), ERRNO_TEXT[opened.errno])
        return Status(404)
    if opened.errno == EACCES:
        _refused_by_file(exchange, "directory-unlistable", opened, path, refusal_log(opened, path))
        return Status(403)
    exchange.decided("directory-error", PathPlace(path), f"errno {opened.errno}")
    return Status(500)


def _refused_by_file(exchange: Exchange, name: str, opened: Opened, path: str, log: str | None) -> None:
    blocker = opened.blocker
    place = PathPlace(path) if blocker is None else blocker.place
    directives = exchange.context.effective("index")
    also = (Because(directives[0].span, f"asks for {path}"),) if directives else ()
    exchange.decided(name, place, refusal_reason(opened), log=log, also=also)


def refusal_reason(opened: Opened) -> str:
    """Why an open was refused, in words."""
    if opened.blocker is None:
        return ERRNO_TEXT.get(opened.errno, f"errno {opened.errno}")
    return {
        "search": "the worker may not search this directory",
        "read": "the worker may not read this",
        "write": "the worker may not write here",
        "follow": "this symlink may not be followed",
        "loop": "these symlinks go round in a circle",
        "delete": "the worker may not delete this",
    }[opened.blocker.need]


def _alias_after_rewrite(exchange: Exchange) -> Status:
    directive = exchange.evaluator.root(exchange.context).directive
    span = None if directive is None else directive.span
    exchange.decided("alias-after-rewrite", span, "alias cannot be used where the URI was rewritten")
    return Status(500)
