"""PROPFIND, PROPPATCH, OPTIONS and REPORT.

Truth: dav_method_propfind, dav_method_proppatch, dav_method_options and dav_method_report in
modules/dav/main/mod_dav.c. Whether each property can be had or set is told inside the answer, whose status is 207.
"""

from audit403.apache.decide.dav.headers import INFINITY, INVALID, depth_of, has_document
from audit403.apache.decide.dav.locks import NULL, Locks
from audit403.apache.decide.dav.outcome import MULTI_STATUS, Failure, Resource, config_of, sent
from audit403.apache.decide.dav.resource import resource_of
from audit403.apache.decide.dav.validate import Demand, validate
from audit403.apache.decide.dav.walk import Walk, walk
from audit403.apache.decide.dav.writing import tree_of
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.outcome import BAD_REQUEST, DECLINED, DONE, FORBIDDEN


def get(exchange: Exchange) -> int:
    """Only where `SetHandler dav-handler` says so: mod_dav_fs cannot send files, and httpd's child dies of it."""
    if not resource_of(exchange).exists:
        raise Failure(404, "")
    exchange.step("handler", "mod_dav cannot send a file itself: the child that is asked to breaks off")
    exchange.status_known = False
    return DONE


def post(exchange: Exchange) -> int:
    """The same, but somebody else answers."""
    resource = resource_of(exchange)
    tree = tree_of(exchange)
    validate(exchange, tree, Locks(exchange, tree), resource, Demand())
    return DECLINED


def propfind(exchange: Exchange) -> int:
    """List properties."""
    resource = resource_of(exchange)
    has_document(exchange)
    tree = tree_of(exchange)
    locks = Locks(exchange, tree)
    if locks.state(resource) == NULL:
        raise Failure(404, "")
    depth = depth_of(exchange, INFINITY)
    if depth == INVALID:
        raise Failure(BAD_REQUEST, "An invalid Depth header was specified.", number="AH00580")
    if resource.is_collection:
        _check_depth(exchange, depth)
    locks.open()
    ended = walk(Walk(tree, _look, tolerant=True), resource, depth)
    if ended:
        exchange.step("handler", "the answer is broken off, for not everything can be looked at")
        exchange.status_known = False
        return DONE
    return sent(exchange, MULTI_STATUS)


def _check_depth(exchange: Exchange, depth: int) -> None:
    config = config_of(exchange)
    by = config.depth_directive or config.directive
    where = None if by is None else by.span
    finite = depth != INFINITY
    exchange.step("handler", "the depth of a PROPFIND", where, finite, "header:depth", "finite")
    if not finite and not config.depth_infinity:
        words = f'PROPFIND requests with a Depth of "infinity" are not allowed for {exchange.uri}.'
        message = "answers no PROPFIND of unlimited depth"
        raise Failure(FORBIDDEN, words, sent=True, cause="propfind-depth", place=where, message=message)


def _look(_: Resource, __: bool) -> int:
    return 0


def proppatch(exchange: Exchange) -> int:
    """Set properties."""
    resource = resource_of(exchange)
    document = has_document(exchange)
    if not resource.exists:
        raise Failure(404, "")
    if not document:
        words = 'The request body does not contain a "propertyupdate" element.'
        raise Failure(BAD_REQUEST, words, number="AH00587")
    tree = tree_of(exchange)
    validate(exchange, tree, Locks(exchange, tree), resource, Demand())
    return sent(exchange, MULTI_STATUS)


def options(exchange: Exchange) -> int:
    """Say which methods there are."""
    resource_of(exchange)
    has_document(exchange)
    return DONE


def report(exchange: Exchange) -> int:
    """No reports without versions."""
    if not has_document(exchange):
        raise Failure(BAD_REQUEST, "The request body must specify a report.", number="AH00614")
    resource = resource_of(exchange)
    raise Failure(501 if resource.exists else 404, "")
