"""LOCK and UNLOCK.

Truth: dav_method_lock and dav_method_unlock in modules/dav/main/mod_dav.c, dav_add_lock in main/util_lock.c,
dav_fs_add_locknull_state in modules/dav/fs/lock.c. Nothing is taken to be locked; the body of a LOCK counts as the
exclusive lock that it should ask for.
"""

from audit403.apache.decide.dav.headers import INFINITY, depth_of, has_document
from audit403.apache.decide.dav.if_header import LOCK, is_lock_token, parse_if
from audit403.apache.decide.dav.locks import NULL, Locks
from audit403.apache.decide.dav.outcome import CONFLICT, Failure, Resource, refused_by_file
from audit403.apache.decide.dav.resource import header, parent_of_resource, resource_of
from audit403.apache.decide.dav.validate import Demand, validate
from audit403.apache.decide.dav.walk import Walk, walk
from audit403.apache.decide.dav.writing import tree_of
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST, DONE, SERVER_ERROR
from audit403.files.changing_tree import ChangingTree, head_of


def lock(exchange: Exchange) -> int:
    """Lock something, or refresh a lock."""
    is_new = has_document(exchange)
    depth = depth_of(exchange, INFINITY)
    if depth not in (0, INFINITY):
        raise Failure(BAD_REQUEST, 'Depth must be 0 or "infinity" for LOCK.', number="AH00595")
    resource = resource_of(exchange)
    tree = tree_of(exchange)
    parent = parent_of_resource(tree, resource)
    if parent is not None and not parent.exists:
        words = f"The parent resource of {exchange.uri} does not exist or is not a collection."
        raise Failure(CONFLICT, words)
    locks = Locks(exchange, tree)
    locks.open()
    state = locks.state(resource)
    validate(exchange, tree, locks, resource, Demand(depth, parent=state == NULL))
    if is_new:
        _add(tree, resource, depth)
    else:
        _refresh(exchange)
    exchange.step("handler", "it is locked: 200")
    return DONE


def _add(tree: ChangingTree, resource: Resource, depth: int) -> None:
    if not resource.exists:
        folder = f"{head_of(resource.path).rstrip('/')}/.DAV"
        tree.mkdir(folder, 0o777)
        opened = tree.create(f"{folder}/.locknull")
        if opened.errno:
            words = f"Error opening {folder}/.locknull for writing"
            raise refused_by_file(opened, folder, words, SERVER_ERROR)
    if resource.is_collection and depth:
        ended = walk(Walk(tree, lambda _, __: 0), resource, INFINITY)
        if ended:
            raise Failure(ended, "", cause="dav-walk")


def _refresh(exchange: Exchange) -> None:
    text = header(exchange, "if")
    states = [state for each in parse_if(text or "") for state in each.states]
    if not any(state.kind == LOCK and state.wanted for state in states):
        words = 'No locktokens were specified in the "If:" header, so the refresh could not be performed.'
        raise Failure(BAD_REQUEST, words)


def unlock(exchange: Exchange) -> int:
    """Take a lock away."""
    text = header(exchange, "lock-token")
    if text is None:
        words = f"Unlock failed ({exchange.filename}):  No Lock-Token specified in header"
        raise Failure(BAD_REQUEST, words, number="AH00596")
    if not text.startswith("<") or not text.endswith(">"):
        raise Failure(BAD_REQUEST, "")
    if not is_lock_token(text[1:-1]):
        raise Failure(BAD_REQUEST, "The lock token uses an unknown State-token format and could not be parsed.")
    resource = resource_of(exchange)
    tree = tree_of(exchange)
    validate(exchange, tree, Locks(exchange, tree), resource, Demand(unlocks=True))
    return 204
