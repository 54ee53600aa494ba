"""Whether a method may go on: If-Match and its like, the If header, the lock database.

Truth: dav_validate_request in modules/dav/main/util.c.
"""

from audit403.apache.decide.conditional import precondition
from audit403.apache.decide.dav.headers import INFINITY
from audit403.apache.decide.dav.if_header import StateList, meets, parse_if
from audit403.apache.decide.dav.locks import Locks
from audit403.apache.decide.dav.outcome import (
    FAILED_DEPENDENCY,
    MULTI_STATUS,
    PRECONDITION_FAILED,
    Failure,
    Resource,
)
from audit403.apache.decide.dav.resource import header, is_same, parent_of_resource
from audit403.apache.decide.dav.walk import Walk, walk
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST, FORBIDDEN
from audit403.core.named_tuple import NamedTuple
from audit403.files.changing_tree import ChangingTree


class Demand(NamedTuple):
    """What is to be checked: dav_validate_request's depth and flags."""

    depth: int = 0
    parent: bool = False
    changes: bool = True
    dependency: bool = False
    unlocks: bool = False


def validate(exchange: Exchange, tree: ChangingTree, locks: Locks, resource: Resource, demand: Demand) -> None:
    """Raise Failure where the method may not go on."""
    status = precondition(exchange, resource.entry)
    if status != 200:
        raise Failure(status, "", cause="precondition")
    text = header(exchange, "if")
    lists = [] if text is None else parse_if(text)
    locks.open()
    elsewhere = _itself(tree, locks, resource, demand, lists)
    if demand.parent:
        above = parent_of_resource(tree, resource)
        if above is None:
            words = "Cannot access parent of repository root."
            raise Failure(FORBIDDEN, words, cause="dav-root")
        elsewhere = elsewhere or not meets(lists, above)
    if elsewhere:
        words = "An error occurred on another resource, preventing the requested operation on this resource."
        raise Failure(FAILED_DEPENDENCY if demand.dependency else MULTI_STATUS, words, sent=True)


def _itself(tree: ChangingTree, locks: Locks, resource: Resource, demand: Demand, lists: list[StateList]) -> bool:
    """Whether something in the resource does not meet the If header. Raises Failure where it does not itself."""
    if not (resource.exists and demand.depth > 0 and (lists or demand.changes)):
        locks.query()
        if demand.unlocks:
            words = 'The locktoken specified in the "Lock-Token:" header is invalid because this resource has no '
            raise Failure(BAD_REQUEST, words + "outstanding locks.")
        if not meets(lists, resource):
            raise _not_met()
        return False
    missed: list[Resource] = []

    def visit(member: Resource, _: bool) -> int:
        locks.query()
        if not meets(lists, member):
            if is_same(member, resource):
                raise _not_met()
            missed.append(member)
        return 0

    ended = walk(Walk(tree, visit), resource, INFINITY)
    if ended:
        raise Failure(ended, "", cause="dav-walk")
    return bool(missed)


def _not_met() -> Failure:
    return Failure(
        PRECONDITION_FAILED, 'The precondition(s) specified by the "If:" header did not match this resource.'
    )
