"""COPY and MOVE.

Truth: dav_method_copymove in modules/dav/main/mod_dav.c.
"""

from audit403.apache.decide.dav.files import copy, move, remove
from audit403.apache.decide.dav.headers import INFINITY, INVALID, depth_of, discard_body, may_overwrite
from audit403.apache.decide.dav.locks import EXISTS, Locks
from audit403.apache.decide.dav.outcome import PRECONDITION_FAILED, Failure, Resource, config_of
from audit403.apache.decide.dav.resource import destination_of, is_above, is_same, resource_of
from audit403.apache.decide.dav.validate import Demand, validate
from audit403.apache.decide.dav.writing import created, tree_of
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST, FORBIDDEN


def copy_or_move(exchange: Exchange) -> int:
    """Bring something to another place, and for MOVE away from its own."""
    source = resource_of(exchange)
    if not source.exists:
        raise Failure(404, "")
    inner = destination_of(exchange)
    target = resource_of(inner)
    _check_target(exchange, source, target)
    depth = _depth(exchange, source)
    moves = exchange.method == "MOVE"
    tree = tree_of(exchange)
    locks = Locks(exchange, tree)
    validate(exchange, tree, locks, source, Demand(depth, parent=moves, changes=moves, dependency=True))
    validate(inner, tree, locks, target, Demand(INFINITY, parent=True, dependency=True))
    if source.is_collection and depth == INFINITY and is_above(source, target):
        raise _refused(exchange, "dav-into-itself", "Source collection contains the Destination.")
    if source.is_collection and is_above(target, source):
        words = "Destination collection contains the Source and Overwrite has been specified."
        raise _refused(exchange, "dav-over-itself", words)
    discard_body(exchange)
    state = locks.state(target)
    if target.exists:
        remove(tree, target)
    if moves:
        move(tree, source, target)
    else:
        copy(tree, source, target, depth)
    return created(exchange, state == EXISTS)


def _check_target(exchange: Exchange, source: Resource, target: Resource) -> None:
    overwrite = may_overwrite(exchange)
    exchange.step("handler", f"the destination is {target.path}", None, None, f"file:{target.path}")
    if target.exists and not overwrite:
        words = 'Destination is not empty and Overwrite is not "T"'
        raise Failure(PRECONDITION_FAILED, words, sent=True)
    if is_same(source, target):
        raise _refused(exchange, "dav-same", "Source and Destination URIs are the same.")


def _depth(exchange: Exchange, source: Resource) -> int:
    depth = depth_of(exchange, INFINITY)
    if depth == INVALID:
        raise Failure(BAD_REQUEST, "An invalid Depth header was specified.", number="AH00580")
    if depth == 1:
        words = 'Depth must be "0" or "infinity" for COPY or MOVE.'
        raise Failure(BAD_REQUEST, words, number="AH00593")
    if exchange.method == "MOVE" and source.is_collection and depth != INFINITY:
        raise Failure(BAD_REQUEST, 'Depth must be "infinity" when moving a collection.', number="AH00594")
    return depth


def _refused(exchange: Exchange, cause: str, words: str) -> Failure:
    directive = config_of(exchange).directive
    where = None if directive is None else directive.span
    return Failure(FORBIDDEN, words, sent=True, cause=cause, place=where, message=words)
