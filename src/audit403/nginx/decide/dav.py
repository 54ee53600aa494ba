"""dav_methods: PUT, DELETE, MKCOL, COPY and MOVE on the file system.

Truth: src/http/modules/ngx_http_dav_module.c, with ngx_ext_rename_file, ngx_copy_file, ngx_create_full_path and
ngx_walk_tree of src/core/ngx_file.c. The calls are made one after the other, each in the world that the last one left.
"""

from collections.abc import Callable
from errno import EACCES, EEXIST, EISDIR, ENOENT, ENOSPC, ENOTDIR, EPERM
from os import strerror

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.open_question import Undecided
from audit403.core.place import Because, PathPlace
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Entry, exact_entry
from audit403.evidence.links import join
from audit403.files.changing_tree import ChangingTree
from audit403.files.resolve import Resolution
from audit403.nginx.decide.dav_headers import (
    INFINITY,
    BadDestination,
    depth_of,
    destination_of,
    has_body,
    may_overwrite,
)
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.file_refusal import refusal_reason
from audit403.nginx.decide.map_path import cut, map_uri_to_path, wants_directory, without_last_byte
from audit403.nginx.decide.outcome import Outcome, Sent, Status
from audit403.nginx.decide.worker_files import NOT_FOUND, Opened, alias_after_rewrite

INTO_ITSELF = "into itself"
ENDLESS_WALK = "the end of a walk through very many directories, or through links that go round"
_DEEPEST_TREE = 200
_LONGEST_WALK = 20_000
_DEFAULT_ACCESS = 0o600


def dav(exchange: Exchange) -> Outcome | None:
    """Run the method when dav_methods lists it here; None otherwise."""
    directives = exchange.context.effective("dav_methods")
    methods = {word.upper() for directive in directives for word in directive.args}
    if exchange.method not in methods or exchange.method not in _METHODS:
        return None
    exchange.step("content", f"dav_methods: {exchange.method}", directives[-1].span)
    return _METHODS[exchange.method](exchange)


def _put(exchange: Exchange) -> Outcome:
    request = exchange.request
    if wants_directory(exchange):
        return _decided(exchange, 409, "cannot PUT to a collection")
    if request.header("content-range") is not None:
        return _decided(exchange, 501, "PUT with range is unsupported")
    if request.body_length is None and request.header("transfer-encoding") is None:
        return _decided(exchange, 500, "PUT request body must be in a file")
    path = _path(exchange)
    if path is None:
        return alias_after_rewrite(exchange)
    tree = _tree(exchange)
    there = tree.stat(path)
    if not there.errno and there.entry is not None and there.entry.kind == DIRECTORY:
        return _decided(exchange, 409, f'"{path}" could not be created ({EISDIR}: {strerror(EISDIR)})')
    errno = tree.replace(path)
    if errno == ENOENT and exchange.context.flag("create_full_put_path"):
        errno = _create_path(exchange, tree, path) or tree.replace(path)
    if errno:
        return _decided(exchange, 500, f'rename() to "{path}" failed ({errno}: {strerror(errno)})')
    # Sent as it stands, past error_page.
    return Sent(201 if there.errno else 204)


def _delete(exchange: Exchange) -> Status:
    if has_body(exchange.request):
        return _decided(exchange, 415, "DELETE with body is unsupported")
    if not _deep_enough(exchange):
        return _decided(exchange, 409, "insufficient URI depth to DELETE")
    path = _path(exchange)
    if path is None:
        return alias_after_rewrite(exchange)
    tree = _tree(exchange)
    found = tree.lstat(path)
    if found.errno or found.entry is None:
        return _error(exchange, found, "lstat()", path, 409 if found.errno == ENOTDIR else 404)
    if found.entry.kind == DIRECTORY:
        if not wants_directory(exchange):
            return _decided(exchange, 409, f'DELETE "{path}" failed ({EISDIR}: {strerror(EISDIR)})')
        if depth_of(exchange.request, INFINITY) != INFINITY:
            return _decided(exchange, 400, '"Depth" header must be infinity')
        return _delete_tree(exchange, tree, path, without_last_byte(path))
    if depth_of(exchange.request, 0) not in (0, INFINITY):
        return _decided(exchange, 400, '"Depth" header must be 0 or infinity')
    return _delete_file(exchange, tree, path)


def _delete_file(exchange: Exchange, tree: ChangingTree, path: str) -> Status:
    found = tree.unlink(path)
    return _error(exchange, found, "unlink()", path, 404) if found.errno else Status(204)


def _delete_tree(exchange: Exchange, tree: ChangingTree, path: str, base: str) -> Status:
    """Delete what is in the directory and then itself; `base` is what nginx puts before the names in it."""
    top = tree.opendir(path)
    if top.errno:
        return _decided(exchange, 500, f'opendir() "{path}" failed ({top.errno}: {strerror(top.errno)})')
    found = tree.may_delete(path)
    if not found.errno:
        _empty(exchange, tree, path, base, top.path, 0)
        found = tree.rmdir(path)
    return _error(exchange, found, "rmdir()", path, 404) if found.errno else Status(204)


def _empty(exchange: Exchange, tree: ChangingTree, path: str, base: str, top: str, depth: int) -> None:
    """ngx_walk_tree with the handlers of DELETE: what cannot be deleted stays.

    It goes by stat(2): what a link to a directory leads to is emptied, and the link, which is no directory, stays.
    """
    directory = tree.opendir(path)
    if directory.errno:
        return
    for name in tree.names(directory.path):
        tree.walked += 1
        if depth > _DEEPEST_TREE or tree.walked > _LONGEST_WALK:
            raise Undecided(Missing(REASON_STATE, ENDLESS_WALK))
        inner = f"{base}/{name}"
        kind = _kind(exchange, tree, join(directory.path, name), inner, top)
        if kind == DIRECTORY:
            _empty(exchange, tree, inner, inner, top, depth + 1)
            tree.rmdir(inner)
        elif kind is not None:
            tree.unlink(inner)


def _kind(exchange: Exchange, tree: ChangingTree, place: str, path: str, top: str) -> str | None:
    """What stat(2) says an entry is; None where it leads nowhere, and nginx then leaves it.

    A link to something in the same tree leads nowhere once that is deleted: the order of readdir(3) decides. One
    question is enough for all such links, because each that is left makes the same 500.
    """
    entry = tree.evidence.entry(place)
    before = tree.kind_before(path) if isinstance(entry, Entry) and entry.kind == LINK else None
    if before is not None and tree.leads_inside(path, top):
        return before if exchange.ask(Missing(REASON_STATE, f"the order of the names in {top}")) else None
    found = tree.stat(path)
    return None if found.errno or found.entry is None else found.entry.kind


def _mkcol(exchange: Exchange) -> Status:
    if has_body(exchange.request):
        return _decided(exchange, 415, "MKCOL with body is unsupported")
    if not wants_directory(exchange):
        return _decided(exchange, 409, "MKCOL can create a collection only")
    path = _path(exchange)
    if path is None:
        return alias_after_rewrite(exchange)
    path = without_last_byte(path)
    made = _tree(exchange).mkdir(path, _directory_access(exchange))
    return _error(exchange, made, "mkdir()", path, 409) if made.errno else Status(201)


def _copy_or_move(exchange: Exchange) -> Status:
    request = exchange.request
    if has_body(request):
        return _decided(exchange, 415, "COPY and MOVE with body are unsupported")
    try:
        destination = destination_of(request, exchange.host)
    except BadDestination as error:
        return _decided(exchange, 400, str(error))
    header = request.header("destination") or ""
    if wants_directory(exchange) != header.endswith("/"):
        return _decided(exchange, 409, "both URIs should be either collections or non-collections")
    # The fix of CVE-2026-27654, which distributions have in their 1.22.1 too.
    root = exchange.evaluator.root(exchange.context)
    if root.is_alias and root.alias is not None and not cut(destination, root.alias - 1)[1]:
        return _decided(exchange, 400, f'client sent invalid "Destination" header: "{header}"')
    depth = depth_of(request, INFINITY)
    if depth != INFINITY and (exchange.method == "MOVE" or depth != 0):
        return _decided(exchange, 400, '"Depth" header must be infinity')
    overwrite = may_overwrite(request)
    if overwrite is None:
        return _decided(exchange, 400, 'client sent invalid "Overwrite" header')
    source, target = map_uri_to_path(exchange), map_uri_to_path(exchange, destination)
    if source is None or target is None:
        return alias_after_rewrite(exchange)
    return _transfer(exchange, source.path, target.path, overwrite)


def _transfer(exchange: Exchange, source: str, target: str, overwrite: bool) -> Status:
    tree = _tree(exchange)
    slash = target.endswith("/")
    target = target[:-1] if slash else target
    there = tree.lstat(target)
    is_directory = there.errno == 0 and there.entry is not None and there.entry.kind == DIRECTORY
    if there.errno and there.errno != ENOENT:
        return _error(exchange, there, "lstat()", target, 404)
    if there.errno == 0:
        if is_directory and not slash:
            return _decided(exchange, 409, f'"{exchange.uri}" could not be written to a collection')
        if not overwrite:
            return _decided(exchange, 412, f'"{target}" could not be created ({EEXIST}: {strerror(EEXIST)})')
    found = tree.lstat(source)
    if found.errno or found.entry is None:
        return _error(exchange, found, "lstat()", source, 404)
    if found.entry.kind != DIRECTORY:
        return _transfer_file(exchange, tree, source, target, found.entry)
    if not wants_directory(exchange):
        return _decided(exchange, 400, f'"{exchange.uri}" is collection')
    if there.errno == 0:
        deleted = _delete_tree(exchange, tree, target, target) if is_directory else _delete_file(exchange, tree, target)
        if deleted.code != 204:
            return deleted
    return _transfer_directory(exchange, tree, source, target, found.entry)


def _transfer_directory(exchange: Exchange, tree: ChangingTree, source: str, target: str, entry: Entry) -> Status:
    if exchange.method == "MOVE" and not tree.rename(source, target):
        return Status(201)
    made = tree.mkdir(target, entry.mode & 0o777)
    if made.errno:
        return _error(exchange, made, "mkdir()", target, 404)
    opened = tree.opendir(source)
    if opened.errno:
        return _decided(exchange, 500, f'opendir() "{source}" failed ({opened.errno}: {strerror(opened.errno)})')
    into_itself = made.path.startswith(opened.path + "/")
    if into_itself:
        exchange.step("content", f"{source} is copied {INTO_ITSELF}, as deep as a path can be")
    elif _leads_to(tree, opened.path, made.path):
        raise Undecided(Missing(REASON_STATE, ENDLESS_WALK))
    # What cannot be copied inside is left out without a word.
    if exchange.method == "COPY":
        return Status(201)
    if into_itself:
        raise Undecided(Missing(REASON_STATE, f"the copies of {source} {INTO_ITSELF}"))
    deleted = _delete_tree(exchange, tree, source, without_last_byte(source))
    return Status(201) if deleted.code == 204 else deleted


def _leads_to(tree: ChangingTree, source: str, target: str) -> bool:
    """Whether a walk through `source`, which follows links, comes to a directory that `target` lies in."""
    pending, seen = [source], {source}
    while pending and len(seen) < _LONGEST_WALK:
        directory = pending.pop()
        opened = tree.opendir(directory)
        for name in () if opened.errno else tree.names(opened.path):
            found = tree.stat(f"{directory}/{name}")
            if found.errno or found.entry is None or found.entry.kind != DIRECTORY or found.path in seen:
                continue
            if target == found.path or target.startswith(found.path + "/"):
                return True
            seen.add(found.path)
            pending.append(found.path)
    return False


def _transfer_file(exchange: Exchange, tree: ChangingTree, source: str, target: str, entry: Entry) -> Status:
    if exchange.method == "COPY":
        if _copies(exchange, tree, source, target, entry):
            return Status(204)
        return _decided(exchange, 500, f'copy of "{source}" to "{target}" failed')
    errno = tree.rename(source, target)
    if errno == ENOENT:
        errno = _create_path(exchange, tree, target) or tree.rename(source, target)
    if errno:
        return _decided(exchange, 500, f'rename() "{source}" to "{target}" failed ({errno}: {strerror(errno)})')
    return Status(204)


def _copies(exchange: Exchange, tree: ChangingTree, source: str, target: str, entry: Entry) -> bool:
    """ngx_copy_file. The size comes from lstat, so of a link it is the length of its text."""
    opened = tree.open(source)
    if opened.errno or opened.entry is None:
        return False
    sizes = [exact_entry(tree.evidence, path, one) for path, one in ((source, entry), (opened.path, opened.entry))]
    if None in sizes:
        raise Undecided(Missing(REASON_FILE, f"the size of {opened.path}"))
    wanted, there = (one.size or 0 for one in sizes if one is not None)
    created = tree.create(target)
    if created.errno:
        return False
    existed = tree.stat(target)
    if not existed.errno and existed.entry is not None:
        # Setting the time of the copy needs its owner.
        if not tree.identity.fowner and existed.entry.uid != tree.identity.uid:
            return False
        if existed.path == opened.path:
            return not wanted
    return not wanted or (opened.entry.kind == FILE and there >= wanted)


def _create_path(exchange: Exchange, tree: ChangingTree, path: str) -> int:
    """ngx_create_full_path: make each directory above `path`; its errno. EACCES does not stop it, only counts."""
    access = _directory_access(exchange)
    errno = 0
    position = path.find("/", 1)
    while position >= 0:
        made = tree.mkdir(path[:position], access)
        if made.errno == EEXIST:
            errno = 0
        elif made.errno:
            errno = made.errno
            if errno != EACCES:
                return errno
        position = path.find("/", position + 1)
    return errno


def _directory_access(exchange: Exchange) -> int:
    """dav_access (ngx_conf_set_access_slot), with x where there is r (ngx_dir_access)."""
    directive = exchange.context.last("dav_access")
    access = _DEFAULT_ACCESS
    if directive is not None:
        access, user = 0, 0o600
        for word in directive.args:
            who, _, right = word.partition(":")
            shift = {"user": 6, "group": 3}.get(who, 0)
            user = 0 if who == "user" else user
            access |= (6 if right == "rw" else 4) << shift
        access |= user
    return access | (access & 0o444) >> 2


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


def _tree(exchange: Exchange) -> ChangingTree:
    return ChangingTree(exchange.evaluator.evidence, exchange.evaluator.files().resolver.identity)


def _path(exchange: Exchange) -> str | None:
    mapped = map_uri_to_path(exchange)
    return None if mapped is None else mapped.path


def _decided(exchange: Exchange, status: int, message: str) -> Status:
    directive = exchange.context.last("dav_methods")
    exchange.step("content", f"{message}: {status}")
    exchange.decided("dav", None if directive is None else directive.span, message, log=message)
    return Status(status)


def _error(exchange: Exchange, found: Resolution, call: str, path: str, not_found: int) -> Status:
    """ngx_http_dav_error: the status for a failed system call."""
    errno = found.errno
    log = f'{call} "{path}" failed ({errno}: {strerror(errno)})'
    if errno in NOT_FOUND:
        return _decided(exchange, not_found, log)
    if errno == EEXIST:
        return _decided(exchange, 405, log)
    if errno == ENOSPC:
        return _decided(exchange, 507, log)
    if errno not in (EACCES, EPERM):
        return _decided(exchange, 500, log)
    place = PathPlace(path) if found.blocker is None else found.blocker.place
    directive = exchange.context.last("dav_methods")
    also = () if directive is None else (Because(directive.span, f"lets {exchange.method} reach {path}"),)
    exchange.step("content", f"{log}: 403", place, False, f"file:{path}", _needed(call))
    exchange.decided(
        "dav-refused", place, refusal_reason(Opened(errno, found.entry, found.blocker, call)), log=log, also=also
    )
    return Status(403)


def _needed(call: str) -> str:
    return {"lstat()": "searchable", "mkdir()": "creatable"}.get(call, "deletable")


_METHODS: dict[str, Callable[[Exchange], Outcome]] = {
    "PUT": _put,
    "DELETE": _delete,
    "MKCOL": _mkcol,
    "COPY": _copy_or_move,
    "MOVE": _copy_or_move,
}
