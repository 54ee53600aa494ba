"""dav_methods: PUT, DELETE, MKCOL, COPY and MOVE on the file system.

Truth: src/http/modules/ngx_http_dav_module.c and the system calls that it makes.
"""

from collections.abc import Callable
from errno import EACCES, EEXIST, ENOENT, ENOTDIR, EPERM

from audit403.core.place import Because, PathPlace
from audit403.evidence.interface import DIRECTORY, Absent, NotCollected, Unreadable
from audit403.files.resolve import Resolution
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.index import refusal_reason
from audit403.nginx.decide.map_path import map_uri_to_path
from audit403.nginx.decide.normalise_uri import BadTarget, normalise_path
from audit403.nginx.decide.outcome import Outcome, Status, Undecided
from audit403.nginx.decide.worker_files import ERRNO_TEXT, NOT_FOUND, Opened

_INFINITY = -1
_INVALID = -2
_DEEPEST_TREE = 200


def dav(exchange: Exchange) -> Outcome | None:
    """Run the method when dav_methods lists it here; None otherwise."""
    directives = exchange.context.effective("dav_methods")
    methods = {word.upper() for directive in directives for word in directive.args}
    if exchange.method not in methods or exchange.method not in _METHODS:
        return None
    exchange.step("content", f"dav_methods: {exchange.method}", directives[-1].span)
    return _METHODS[exchange.method](exchange)


def _put(exchange: Exchange) -> Status:
    if exchange.uri.endswith("/"):
        return _decided(exchange, 409, "cannot PUT to a collection")
    if exchange.request.header("content-range") is not None:
        return _decided(exchange, 501, "PUT with range is unsupported")
    if exchange.request.body_length is None:
        return _decided(exchange, 500, "PUT request body must be in a file")
    path = _path(exchange)
    if path is None:
        return _decided(exchange, 500, "alias cannot be used where the URI was rewritten")
    target = _known(exchange.evaluator.files().resolver.stat(path))
    status = 204 if target.errno == 0 else 201
    if target.entry is not None and target.errno == 0 and target.entry.kind == DIRECTORY:
        return _decided(exchange, 409, f'"{path}" could not be created (21: Is a directory)')
    errno = _may_replace(exchange, path)
    if errno == ENOENT and exchange.context.flag("create_full_put_path"):
        errno = _may_create_path(exchange, path)
    if errno:
        return _decided(exchange, 500, f'rename() to "{path}" failed ({errno}: {ERRNO_TEXT.get(errno, "")})')
    return Status(status)


def _delete(exchange: Exchange) -> Status:
    if exchange.request.body_length:
        return _decided(exchange, 415, "DELETE with body is unsupported")
    if not _deep_enough(exchange):
        return _decided(exchange, 409, "insufficient URI depth to DELETE")
    path = _path(exchange)
    if path is None:
        return _decided(exchange, 500, "alias cannot be used where the URI was rewritten")
    found = _known(exchange.evaluator.files().resolver.lstat(path))
    if found.errno:
        return _error(exchange, found, "lstat()", path, 409 if found.errno == ENOTDIR else 404)
    depth = _depth(exchange, 0)
    if found.entry is not None and found.entry.kind == DIRECTORY:
        if not exchange.uri.endswith("/"):
            return _decided(exchange, 409, f'DELETE "{path}" failed (21: Is a directory)')
        if _depth(exchange, _INFINITY) != _INFINITY:
            return _decided(exchange, 400, '"Depth" header must be infinity')
        return _delete_tree(exchange, path.rstrip("/"))
    if depth not in (0, _INFINITY):
        return _decided(exchange, 400, '"Depth" header must be 0 or infinity')
    return _delete_file(exchange, path)


def _delete_file(exchange: Exchange, path: str) -> Status:
    found = _known(exchange.evaluator.files().resolver.may_delete(path))
    return _error(exchange, found, "unlink()", path, 404) if found.errno else Status(204)


def _delete_tree(exchange: Exchange, path: str) -> Status:
    resolver = exchange.evaluator.files().resolver
    if _known(resolver.list(path)).errno:
        return _decided(exchange, 500, f'opendir() "{path}" failed')
    emptied = _empties(exchange, path, 0)
    found = _known(resolver.may_delete(path))
    if found.errno:
        return _error(exchange, found, "rmdir()", path, 404)
    if not emptied:
        return _decided(exchange, 500, f'rmdir() "{path}" failed (39: Directory not empty)')
    return Status(204)


def _empties(exchange: Exchange, path: str, depth: int) -> bool:
    """Whether the worker can delete everything in a directory."""
    resolver = exchange.evaluator.files().resolver
    if depth > _DEEPEST_TREE or _known(resolver.list(path)).errno:
        return False
    names = exchange.evaluator.evidence.names(path)
    if isinstance(names, (Absent, NotCollected, Unreadable)):
        return False
    emptied = True
    for name in names:
        inner = f"{path}/{name}"
        found = _known(resolver.lstat(inner))
        if found.entry is not None and found.entry.kind == DIRECTORY:
            emptied = _empties(exchange, inner, depth + 1) and emptied
        emptied = _known(resolver.may_delete(inner)).errno == 0 and emptied
    return emptied


def _mkcol(exchange: Exchange) -> Status:
    if exchange.request.body_length:
        return _decided(exchange, 415, "MKCOL with body is unsupported")
    if not exchange.uri.endswith("/"):
        return _decided(exchange, 409, "MKCOL can create a collection only")
    path = _path(exchange)
    if path is None:
        return _decided(exchange, 500, "alias cannot be used where the URI was rewritten")
    return _make_directory(exchange, path[:-1], 409)


def _make_directory(exchange: Exchange, path: str, not_found: int) -> Status:
    resolver = exchange.evaluator.files().resolver
    there = _known(resolver.lstat(path))
    if there.errno == 0:
        return _error(exchange, there._replace(errno=EEXIST), "mkdir()", path, not_found)
    if there.errno != ENOENT:
        return _error(exchange, there, "mkdir()", path, not_found)
    parent = _known(resolver.may_write_directory(_parent(path)))
    return _error(exchange, parent, "mkdir()", path, not_found) if parent.errno else Status(201)


def _copy_or_move(exchange: Exchange) -> Status:
    if exchange.request.body_length:
        return _decided(exchange, 415, "COPY and MOVE with body are unsupported")
    destination = _destination(exchange)
    if isinstance(destination, Status):
        return destination
    if exchange.uri.endswith("/") != destination.endswith("/"):
        return _decided(exchange, 409, "both URIs should be either collections or non-collections")
    depth = _depth(exchange, _INFINITY)
    if depth != _INFINITY and (exchange.method == "MOVE" or depth != 0):
        return _decided(exchange, 400, '"Depth" header must be infinity')
    overwrite = exchange.request.header("overwrite")
    if overwrite is not None and overwrite not in ("T", "t", "F", "f"):
        return _decided(exchange, 400, "invalid Overwrite header")
    return _transfer(exchange, destination, overwrite not in ("F", "f"))


def _transfer(exchange: Exchange, destination: str, overwrite: bool) -> Status:
    source_map, target_map = map_uri_to_path(exchange), map_uri_to_path(exchange, destination)
    if source_map is None or target_map is None:
        return _decided(exchange, 500, "alias cannot be used where the URI was rewritten")
    source, target = source_map.path, target_map.path
    slash = target.endswith("/")
    target = target[:-1] if slash else target
    resolver = exchange.evaluator.files().resolver
    there = _known(resolver.lstat(target))
    is_directory = there.errno == 0 and there.entry is not None and there.entry.kind == DIRECTORY
    if there.errno and there.errno != ENOENT:
        return _error(exchange, there, "lstat()", target, 404)
    if there.errno == 0:
        if is_directory and not slash:
            return _decided(exchange, 409, f'"{exchange.uri}" could not be written to a collection')
        if not overwrite:
            return _decided(exchange, 412, f'"{target}" could not be created (17: File exists)')
    found = _known(resolver.lstat(source))
    if found.errno:
        return _error(exchange, found, "lstat()", source, 404)
    if found.entry is not None and found.entry.kind == DIRECTORY:
        if not exchange.uri.endswith("/"):
            return _decided(exchange, 400, f'"{exchange.uri}" is collection')
        if there.errno == 0:
            deleted = _delete_tree(exchange, target) if is_directory else _delete_file(exchange, target)
            if deleted.code != 204:
                return deleted
        return _transfer_directory(exchange, source.rstrip("/"), target)
    return _transfer_file(exchange, source, target)


def _transfer_directory(exchange: Exchange, source: str, target: str) -> Status:
    resolver = exchange.evaluator.files().resolver
    parent = _known(resolver.may_write_directory(_parent(target)))
    if exchange.method == "MOVE" and not parent.errno and not _known(resolver.may_delete(source)).errno:
        return Status(201)
    if parent.errno:
        return _error(exchange, parent, "mkdir()", target, 404)
    if _known(resolver.list(source)).errno:
        return _decided(exchange, 500, f'opendir() "{source}" failed')
    if exchange.method == "MOVE":
        deleted = _delete_tree(exchange, source)
        return Status(201) if deleted.code == 204 else deleted
    return Status(201)


def _transfer_file(exchange: Exchange, source: str, target: str) -> Status:
    if exchange.method == "MOVE":
        gone = _known(exchange.evaluator.files().resolver.may_delete(source))
        errno = gone.errno or _may_replace(exchange, target)
        if errno == ENOENT:
            errno = _may_create_path(exchange, target)
        if errno:
            return _decided(exchange, 500, f'rename() "{source}" to "{target}" failed ({errno})')
        return Status(204)
    resolver = exchange.evaluator.files().resolver
    if _known(resolver.open(source)).errno or _may_write(exchange, target):
        return _decided(exchange, 500, f'copy of "{source}" to "{target}" failed')
    return Status(204)


def _may_write(exchange: Exchange, path: str) -> int:
    """The errno of open(path, O_WRONLY | O_CREAT | O_TRUNC)."""
    from audit403.files.permission import WRITE, permitted

    resolver = exchange.evaluator.files().resolver
    found = _known(resolver.stat(path))
    if found.errno == ENOENT:
        return _known(resolver.may_write_directory(_parent(path))).errno
    if found.errno or found.entry is None:
        return found.errno
    return 0 if permitted(found.entry, resolver.identity, WRITE) else EACCES


def _may_replace(exchange: Exchange, path: str) -> int:
    """The errno of rename(2) onto `path` out of nginx's temporary directory."""
    resolver = exchange.evaluator.files().resolver
    parent = _known(resolver.may_write_directory(_parent(path)))
    if parent.errno:
        return parent.errno
    if _known(resolver.lstat(path)).errno:
        return 0
    return _known(resolver.may_delete(path)).errno


def _may_create_path(exchange: Exchange, path: str) -> int:
    """The errno of making every missing directory above `path`."""
    resolver = exchange.evaluator.files().resolver
    parent = _parent(path)
    while parent != "/" and _known(resolver.stat(parent)).errno == ENOENT:
        parent = _parent(parent)
    return _known(resolver.may_write_directory(parent)).errno


def _deep_enough(exchange: Exchange) -> bool:
    wanted = int(exchange.context.argument("min_delete_depth", "0"))
    if not wanted:
        return True
    slashes = 0
    for index, character in enumerate(exchange.uri):
        if character == "/":
            slashes += 1
            if slashes >= wanted and index + 1 < len(exchange.uri):
                return True
    return False


def _depth(exchange: Exchange, default: int) -> int:
    header = exchange.request.header("depth")
    if header is None:
        return default
    return {"0": 0, "1": 1, "infinity": _INFINITY}.get(header, _INVALID)


def _destination(exchange: Exchange) -> "str | Status":
    header = exchange.request.header("destination")
    if header is None:
        return _decided(exchange, 400, 'client sent no "Destination" header')
    path = header
    if not header.startswith("/"):
        scheme = "https://" if exchange.request.tls is not None else "http://"
        rest = header[len(scheme) :]
        if not header.startswith(scheme):
            return _decided(exchange, 400, f'client sent invalid "Destination" header: "{header}"')
        if not rest.startswith(exchange.host):
            return _decided(exchange, 400, '"Destination" URI is handled by different repository')
        _, slash, after = rest[len(exchange.host) :].partition("/")
        if not slash:
            return _decided(exchange, 400, f'client sent invalid "Destination" header: "{header}"')
        path = "/" + after
    bare = path.partition("?")[0]
    try:
        decoded = normalise_path(bare, merge_slashes=False)
    except BadTarget:
        return _decided(exchange, 400, f'client sent invalid "Destination" header: "{header}"')
    if ".." in decoded.split("/") or ".." in bare.split("/") or not bare:
        return _decided(exchange, 400, f'client sent invalid "Destination" header: "{header}"')
    return decoded


def _path(exchange: Exchange) -> str | None:
    mapped = map_uri_to_path(exchange)
    return None if mapped is None else mapped.path


def _parent(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0] or "/"


def _known(found: Resolution) -> Resolution:
    if found.missing is not None:
        raise Undecided(found.missing)
    return found


def _decided(exchange: Exchange, status: int, message: str) -> Status:
    directive = exchange.context.last("dav_methods")
    exchange.step("content", f"{message}: {status}")
    exchange.decided("dav", None if directive is None else directive.span, message, log=message)
    return Status(status)


def _error(exchange: Exchange, found: Resolution, call: str, path: str, not_found: int) -> Status:
    """ngx_http_dav_error: the status for a failed system call."""
    errno = found.errno
    text = ERRNO_TEXT.get(errno, "Operation not permitted" if errno == EPERM else "")
    log = f'{call} "{path}" failed ({errno}: {text})'
    if errno in NOT_FOUND:
        return _decided(exchange, not_found, log)
    if errno == EEXIST:
        return _decided(exchange, 405, log)
    if errno not in (EACCES, EPERM):
        return _decided(exchange, 500, log)
    place = PathPlace(path) if found.blocker is None else found.blocker.place
    directive = exchange.context.last("dav_methods")
    also = () if directive is None else (Because(directive.span, f"lets {exchange.method} reach {path}"),)
    exchange.step("content", f"{log}: 403")
    exchange.decided(
        "dav-refused", place, refusal_reason(Opened(errno, found.entry, found.blocker, call)), log=log, also=also
    )
    return Status(403)


_METHODS: dict[str, Callable[[Exchange], Status]] = {
    "PUT": _put,
    "DELETE": _delete,
    "MKCOL": _mkcol,
    "COPY": _copy_or_move,
    "MOVE": _copy_or_move,
}
