"""autoindex and random_index: what the list of a directory answers.

Truth: src/http/modules/ngx_http_autoindex_module.c and ngx_http_random_index_module.c.
"""

from errno import EACCES, ELOOP, ENOENT

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import PathPlace
from audit403.evidence.interface import FILE, LINK, Absent, Entry, NotCollected, Unreadable
from audit403.evidence.links import join
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.file_refusal import refused_by_file
from audit403.nginx.decide.handlers import argument
from audit403.nginx.decide.map_path import map_uri_to_path, wants_directory, without_last_byte
from audit403.nginx.decide.outcome import Body, Closed, Outcome, Redirect, Sent, Status
from audit403.nginx.decide.worker_files import ERRNO_TEXT, NOT_FOUND, alias_after_rewrite, refusal_log

_LONGEST_CALLBACK = 128
_CALLBACK = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")


def autoindex(exchange: Exchange) -> Outcome | None:
    """The listing of a directory; the fancyindex module stands where autoindex does and answers alike."""
    if not wants_directory(exchange) or exchange.method not in ("GET", "HEAD"):
        return None
    by = next((name for name in ("autoindex", "fancyindex") if exchange.context.flag(name)), None)
    if by is None:
        return None
    path = _directory_path(exchange, whole_root=True)
    if path is None:
        return alias_after_rewrite(exchange)
    jsonp = by == "autoindex" and exchange.context.argument("autoindex_format", "html") == "jsonp"
    if jsonp and not _callback_is_sound(exchange.args):
        exchange.decided("bad-callback", None, "")
        return Status(400)
    exchange.discard_body()
    outcome = _open_directory(exchange, path, by)
    if outcome is not None:
        return outcome
    if exchange.method == "GET" and _breaks_off(exchange, path):
        exchange.step("content", "an entry of the directory cannot be examined: nginx closes the connection")
        return Closed()
    return Sent(200, Body(None))


def _callback_is_sound(args: str) -> bool:
    callback = argument(args, "callback")
    return callback is None or (len(callback) <= _LONGEST_CALLBACK and _CALLBACK.issuperset(callback))


def _breaks_off(exchange: Exchange, path: str) -> bool:
    """Whether the listing fails after its header: on an entry that stat(2) refuses for another reason than these."""
    for name in _names(exchange, path):
        if not name.startswith("."):
            found = exchange.evaluator.files().resolver.stat(f"{path}/{name}")
            if found.missing is not None:
                raise Undecided(found.missing)
            if found.errno not in (0, EACCES, ENOENT, ELOOP):
                return True
    return False


def random_index(exchange: Exchange) -> Outcome | None:
    """Any regular file of the directory."""
    if not wants_directory(exchange) or exchange.method not in ("GET", "HEAD", "POST"):
        return None
    if not exchange.context.flag("random_index"):
        return None
    path = _directory_path(exchange, whole_root=False)
    if path is None:
        return alias_after_rewrite(exchange)
    outcome = _open_directory(exchange, path, "random_index")
    if outcome is not None:
        return outcome
    candidates: list[str] = []
    for name in _names(exchange, path):
        if name.startswith("."):
            continue
        kind = _kind(exchange, path, name)
        if kind is None:
            exchange.decided("random-index-error", PathPlace(f"{path}/{name}"), "cannot be examined")
            return Status(500)
        if kind == FILE:
            candidates.append(name)
    if not candidates:
        return None
    return Redirect(exchange.uri + _pick(exchange, path, candidates), exchange.args)


def _pick(exchange: Exchange, directory: str, candidates: list[str]) -> str:
    """One of them: each is tried, and only a difference in the verdict makes the answer unknown."""
    while len(candidates) > 1:
        half = len(candidates) // 2
        first = exchange.ask(Missing(REASON_STATE, f"whether random_index takes {directory}/{candidates[0]} … {half}"))
        candidates = candidates[:half] if first else candidates[half:]
    return candidates[0]


def _kind(exchange: Exchange, directory: str, name: str) -> str | None:
    """What readdir(3) says an entry is, or of a link what it leads to; None where stat(2) fails."""
    resolver = exchange.evaluator.files().resolver
    entry = exchange.evaluator.evidence.entry(join(resolver.stat(directory).path, name))
    if isinstance(entry, Absent):
        return ""
    if not isinstance(entry, Entry):
        raise Undecided(Missing(REASON_FILE, f"{directory}/{name}"))
    if entry.kind != LINK:
        return entry.kind
    target = resolver.stat(f"{directory}/{name}")
    if target.missing is not None:
        raise Undecided(target.missing)
    if target.errno == ENOENT:
        return LINK
    return target.entry.kind if target.errno == 0 and target.entry is not None else None


def _names(exchange: Exchange, path: str) -> tuple[str, ...]:
    names = exchange.evaluator.evidence.names(exchange.evaluator.files().resolver.stat(path).path)
    if isinstance(names, Absent | NotCollected | Unreadable):
        raise Undecided(Missing(REASON_FILE, path))
    return names


def _directory_path(exchange: Exchange, whole_root: bool) -> str | None:
    """The path without its last character, which is the slash; autoindex leaves a path of one character whole."""
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return None
    return mapped.path if whole_root and len(mapped.path) == 1 else without_last_byte(mapped.path)


def _open_directory(exchange: Exchange, path: str, name: str) -> Status | None:
    opened = exchange.evaluator.files().list(path)
    directive = exchange.context.last(name)
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
        log = refusal_log(opened, path)
        exchange.decided("directory-not-found", PathPlace(path), ERRNO_TEXT[opened.errno], log=log)
        return Status(404)
    if opened.errno == EACCES:
        refused_by_file(exchange, opened, path, refusal_log(opened, path), directive)
        return Status(403)
    exchange.decided("directory-error", PathPlace(path), f"errno {opened.errno}")
    return Status(500)
