"""dav_ext_methods: PROPFIND, OPTIONS, LOCK and UNLOCK.

Truth: ngx_http_dav_ext_content_handler in ngx_http_dav_ext_module.c. Nothing is taken to be locked: that is the
server's state. A body counts as the sound XML that it should be.
"""

from os import strerror

from audit403.evidence.interface import DIRECTORY
from audit403.files.changing_tree import ChangingTree
from audit403.nginx.decide.dav_headers import INFINITY, INVALID, depth_of
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import map_uri_to_path
from audit403.nginx.decide.outcome import Outcome, Sent, Status
from audit403.nginx.decide.worker_files import alias_after_rewrite
from audit403.nginx.read.tree import Directive

_MULTI_STATUS = 207


def dav_ext(exchange: Exchange) -> Outcome | None:
    """Run the method when dav_ext_methods lists it here; None otherwise."""
    directive = exchange.context.last("dav_ext_methods")
    if directive is None or exchange.method.lower() not in (word.lower() for word in directive.args):
        return None
    exchange.step("content", f"dav_ext_methods: {exchange.method}", directive.span, True, "method")
    if exchange.method == "PROPFIND":
        return _propfind(exchange, directive)
    if exchange.method == "OPTIONS":
        return Sent(200)
    if exchange.context.last("dav_ext_lock") is None:
        return _decided(exchange, directive, 405, "no zone for locks is set")
    if exchange.method == "LOCK":
        return _lock(exchange, directive)
    return Status(204)


def _propfind(exchange: Exchange, directive: Directive) -> Outcome:
    depth = depth_of(exchange.request, 0)
    header = exchange.request.header("depth")
    exchange.step("content", f"Depth: {header or 'none'}", directive.span, depth != INFINITY, "header:depth", "finite")
    if depth == INVALID:
        return _decided(exchange, directive, 400, f'client sent invalid "Depth" header: "{header}"')
    if depth == INFINITY:
        exchange.decided("propfind-depth", directive.span, "answers no PROPFIND of unlimited depth")
        return Status(403)
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return alias_after_rewrite(exchange)
    path = mapped.path[:-1] if mapped.path.endswith("/") and len(mapped.path) > 1 else mapped.path
    tree = _tree(exchange)
    found = tree.stat(path)
    if found.errno:
        return _decided(exchange, directive, 404, f"{path}: {strerror(found.errno)}")
    if depth and found.entry is not None and found.entry.kind == DIRECTORY:
        failed = _listing_fails(tree, path)
        if failed:
            return _decided(exchange, directive, 500, failed)
    return Sent(_MULTI_STATUS)


def _listing_fails(tree: ChangingTree, path: str) -> str | None:
    """What nginx logs when the directory cannot be read, or an entry of it not be examined."""
    listed = tree.opendir(path)
    if listed.errno:
        return f'opendir() "{path}" failed ({listed.errno}: {strerror(listed.errno)})'
    for name in tree.names(listed.path):
        errno = 0 if name.startswith(".") else tree.stat(f"{path}/{name}").errno
        if errno:
            return f'stat() "{path}/{name}" failed ({errno}: {strerror(errno)})'
    return None


def _lock(exchange: Exchange, directive: Directive) -> Outcome:
    if not exchange.uri or depth_of(exchange.request, INFINITY) not in (0, INFINITY):
        return _decided(exchange, directive, 400, "a LOCK has a depth of 0 or infinity")
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return alias_after_rewrite(exchange)
    tree = _tree(exchange)
    if not tree.stat(mapped.path).errno:
        return Sent(200)
    errno = tree.create(mapped.path).errno
    if errno:
        return _decided(exchange, directive, 409, f'open() "{mapped.path}" failed ({errno}: {strerror(errno)})')
    return Sent(201)


def _tree(exchange: Exchange) -> ChangingTree:
    return ChangingTree(exchange.evaluator.evidence, exchange.evaluator.files().resolver.identity)


def _decided(exchange: Exchange, directive: Directive, status: int, message: str) -> Status:
    exchange.step("content", f"{message}: {status}")
    exchange.decided("dav-ext", directive.span, message, log=message)
    return Status(status)
