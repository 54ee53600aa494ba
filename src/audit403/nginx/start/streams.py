"""The blocks of stream.

Truth: ngx_stream_core_module.c and the modules for proxy_pass, return and set in src/stream.
"""

from audit403.nginx.model.faulty import NAME
from audit403.nginx.model.url import InvalidUrl, parse_url
from audit403.nginx.read import directives as directive_table
from audit403.nginx.read.tree import Directive
from audit403.nginx.start import logs
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import STREAM_SERVER, STREAM_UPSTREAM, Level
from audit403.nginx.start.listens import check_listen
from audit403.nginx.start.passes import Upstream, add_upstream

_HANDLERS = ("proxy_pass", "return", "pass")
_MAY_HANDLE = ("js_", "content_", "echo", "lua_", "preread_")


def server(start: Start, level: Level, directive: Directive) -> None:
    """A server block, or a server of an upstream block."""
    if level.kind == STREAM_UPSTREAM:
        from audit403.nginx.start.balancing import upstream_server

        upstream_server(start, level, directive)
        return
    inside = Level(STREAM_SERVER, directive, level)
    statements = list(start.expand(directive))
    start.block(inside, statements)
    names = [statement.name for statement in statements]
    if "listen" not in names and start.complete:
        start.refuse(directive, 'no "listen" is defined for server', NAME, dropped=False)
    known = all(directive_table.masks(name) for name in names if name != "include")
    handled = any(name in _HANDLERS or name.startswith(_MAY_HANDLE) for name in names)
    if known and not handled and start.complete:
        start.refuse(directive, "no handler for server", NAME, dropped=False)


def listen(start: Start, level: Level, directive: Directive) -> None:
    """`listen` of stream."""
    check_listen(start, directive)


def return_(start: Start, level: Level, directive: Directive) -> None:
    """`return value;`"""
    if "return" in level.given:
        start.duplicate(directive)
        return
    level.given["return"] = directive
    start.text(directive, 0)


def set_(start: Start, level: Level, directive: Directive) -> None:
    """`set $name value;`"""
    if start.define(directive, 0):
        start.text(directive, 1)


def proxy_pass(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_pass address;`"""
    if "proxy_pass" in level.given:
        start.duplicate(directive)
        return
    level.given["proxy_pass"] = directive
    text = directive.args[0]
    if "$" in text:
        start.text(directive, 0)
        return
    try:
        url = parse_url(text)
    except InvalidUrl as error:
        start.refuse(directive, f'{error} in upstream "{text}"', 0)
        return
    add_upstream(start, Upstream.of(directive, url))


def access_log(start: Start, level: Level, directive: Directive) -> None:
    """`access_log path format …`."""
    logs.access_log(start, level, directive)
