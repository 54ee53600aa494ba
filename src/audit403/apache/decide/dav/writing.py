"""PUT, DELETE and MKCOL.

Truth: dav_method_put, dav_method_delete and dav_method_mkcol in modules/dav/main/mod_dav.c; dav_fs_open_stream,
dav_fs_close_stream and dav_fs_create_collection in modules/dav/fs/repos.c.
"""

from errno import EEXIST, ENOENT, ENOSPC

from audit403.apache.decide.dav.files import remove, status_of
from audit403.apache.decide.dav.headers import INFINITY, content_range, depth_of, discard_body
from audit403.apache.decide.dav.locks import EXISTS, NULL, Locks
from audit403.apache.decide.dav.outcome import CONFLICT, Failure, Resource, refused_by_file, sent
from audit403.apache.decide.dav.resource import header, resource_of
from audit403.apache.decide.dav.validate import Demand, validate
from audit403.apache.decide.default_handler import body_is_too_large, body_length
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST, FORBIDDEN, SERVER_ERROR
from audit403.files.changing_tree import ChangingTree, head_of

CREATED, NO_CONTENT = 201, 204
_TEMPORARY = ".davfs.tmpXXXXXX"


def tree_of(exchange: Exchange) -> ChangingTree:
    """The file system as this request changes it."""
    evaluator = exchange.evaluator
    return ChangingTree(evaluator.served, evaluator.files().resolver.identity)


def created(exchange: Exchange, replaced: bool) -> int:
    """201, and 204 where something was there."""
    status = NO_CONTENT if replaced else CREATED
    exchange.step("handler", f"{exchange.method} has done it: {status}")
    return sent(exchange, status)


def put(exchange: Exchange) -> int:
    """Write a file."""
    resource = resource_of(exchange)
    if resource.is_collection:
        raise Failure(CONFLICT, "Cannot PUT to a collection.", sent=True)
    tree = tree_of(exchange)
    locks = Locks(exchange, tree)
    state = locks.state(resource)
    validate(exchange, tree, locks, resource, Demand(parent=state == NULL))
    failure = _write(tree, resource, in_place=content_range(exchange))
    if failure is not None:
        raise failure
    if body_is_too_large(exchange):
        return 413
    if not content_range(exchange):
        errno = tree.replace(resource.path)
        if errno:
            raise Failure(SERVER_ERROR, "There was a problem writing the file atomically after writes.", errno=errno)
    return created(exchange, state == EXISTS)


def _write(tree: ChangingTree, resource: Resource, *, in_place: bool) -> Failure | None:
    if in_place:
        opened = tree.create(resource.path)
        if opened.errno == ENOENT and not tree.lstat(resource.path).errno:
            opened = opened._replace(errno=EEXIST)
    else:
        opened = tree.may_create(f"{head_of(resource.path).rstrip('/')}/{_TEMPORARY}")
    if not opened.errno:
        return None
    words = f"An error occurred while opening a resource for writing: {resource.path}."
    return refused_by_file(opened, resource.path, words, status_of(opened.errno))


def delete(exchange: Exchange) -> int:
    """Delete a file, or a directory with all that is in it."""
    discard_body(exchange)
    resource = resource_of(exchange)
    if not resource.exists:
        raise Failure(404, "")
    depth = depth_of(exchange, INFINITY)
    if resource.is_collection and depth != INFINITY:
        words = 'Depth must be "infinity" for DELETE of a collection.'
        raise Failure(BAD_REQUEST, words, number="AH00582")
    if not resource.is_collection and depth == 1:
        raise Failure(BAD_REQUEST, 'Depth of "1" is not allowed for DELETE.', number="AH00583")
    tree = tree_of(exchange)
    locks = Locks(exchange, tree)
    validate(exchange, tree, locks, resource, Demand(depth, parent=True, dependency=True))
    locks.query()
    remove(tree, resource)
    exchange.step("handler", "it is deleted: 204")
    return NO_CONTENT


def mkcol(exchange: Exchange) -> int:
    """Make a directory."""
    if header(exchange, "transfer-encoding") is not None or body_length(exchange):
        raise Failure(415, "")
    resource = resource_of(exchange)
    if resource.exists:
        raise Failure(405, "")
    tree = tree_of(exchange)
    locks = Locks(exchange, tree)
    state = locks.state(resource)
    validate(exchange, tree, locks, resource, Demand(parent=state == NULL))
    made = tree.mkdir(resource.path, 0o777)
    if made.errno == ENOSPC:
        raise Failure(507, "There is not enough storage to create this collection.", errno=made.errno)
    if made.errno == ENOENT:
        words = "Cannot create collection; intermediate collection does not exist."
        raise Failure(CONFLICT, words, errno=made.errno)
    if made.errno:
        raise refused_by_file(made, resource.path, "Unable to create collection.", FORBIDDEN)
    return created(exchange, False)
