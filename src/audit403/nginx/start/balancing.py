"""Upstream blocks: their servers and how these are chosen.

Truth: ngx_http_upstream and ngx_http_upstream_server in src/http/ngx_http_upstream.c, the balancing modules beside it.
"""

from audit403.nginx.model.faulty import NAME
from audit403.nginx.model.numbers import parse_number, parse_size, parse_time
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import STREAM, STREAM_UPSTREAM, UPSTREAM, Level
from audit403.nginx.start.own_values import url_fault
from audit403.nginx.start.passes import Upstream, add_upstream
from audit403.nginx.start.zones import UPSTREAM_TAG, share

_WITHOUT_BACKUP = ("fair", "hash", "ip_hash", "random")
_FLAGS = frozenset(("down", "resolve", "drain", "backup"))
_NEWER = ("route=", "service=", "slow_start=", "sid=")


def upstream(start: Start, level: Level, directive: Directive) -> None:
    """An upstream block."""
    new = Upstream(directive, directive.args[0])
    new.block = True
    add_upstream(start, new)
    stream = level.kind == STREAM
    inside = Level(STREAM_UPSTREAM if stream else UPSTREAM, directive, level)
    start.block(inside, start.expand(directive))
    servers = inside.noted.get("server", [])
    if not servers:
        if "balancer" not in inside.noted and start.complete:
            start.refuse(directive, "no servers are inside upstream", NAME, dropped=False)
    elif all("backup" in server.args[1:] for server in servers):
        start.refuse(directive, f'no servers in upstream "{directive.args[0]}"', 0, dropped=False)


def upstream_server(start: Start, level: Level, directive: Directive) -> None:
    """One server with its parameters."""
    level.note("server", directive)
    for place, word in enumerate(directive.args[1:], 1):
        if not _is_parameter(word):
            start.refuse(directive, f'invalid parameter "{word}"', place, dropped=False)
            return
        if word == "backup" and "without backup" in level.noted:
            message = f'balancing method does not support parameter "{word}"'
            start.refuse(directive, message, place, dropped=False)
            return
    stream = level.kind == STREAM_UPSTREAM
    said = url_fault(directive.args[0], 0 if stream else 80)
    if said and "resolve" not in directive.args:
        start.refuse(directive, f'{said} in upstream "{directive.args[0]}"', 0, dropped=False)
    elif stream and not said:
        _needs_port(start, directive)


def _needs_port(start: Start, directive: Directive) -> None:
    from audit403.nginx.model.url import parse_url

    url = parse_url(directive.args[0], 0)
    if not url.port and not directive.args[0].lower().startswith("unix:"):
        start.refuse(directive, f'no port in upstream "{directive.args[0]}"', 0, dropped=False)


def _is_parameter(word: str) -> bool:
    key, equals, value = word.partition("=")
    if not equals:
        return word in _FLAGS
    if key == "weight":
        return bool(parse_number(value))
    if key in ("max_conns", "max_fails"):
        return parse_number(value) is not None
    if key == "fail_timeout":
        return parse_time(value, seconds=True) is not None
    return word.startswith(_NEWER)


def method(start: Start, level: Level, directive: Directive) -> None:
    """`hash`, `ip_hash`, `least_conn` and `random`: the last one counts, the servers below it too."""
    name, args = directive.name, directive.args
    level.noted.pop("without backup", None)
    if name in _WITHOUT_BACKUP:
        level.note("without backup", directive)
    if name == "hash":
        if start.text(directive, 0) and len(args) > 1 and args[1] != "consistent":
            start.refuse(directive, f'invalid parameter "{args[1]}"', 1)
    elif name == "random" and args:
        if args[0] != "two":
            start.refuse(directive, f'invalid parameter "{args[0]}"', 0)
        elif len(args) > 1 and args[1] != "least_conn" and not args[1].startswith("least_time"):
            start.refuse(directive, f'invalid parameter "{args[1]}"', 1)


def keepalive(start: Start, level: Level, directive: Directive) -> None:
    """How many connections stay open; newer versions take 0, and `local`."""
    if "keepalive" in level.given:
        start.duplicate(directive)
        return
    level.given["keepalive"] = directive
    if parse_number(directive.args[0]) is None:
        start.refuse(directive, f'invalid value "{directive.args[0]}" in "keepalive" directive', 0)


def zone(start: Start, level: Level, directive: Directive) -> None:
    """The shared memory of an upstream."""
    name = directive.args[0]
    size = 0
    if not name:
        start.refuse(directive, f'invalid zone name "{name}"', 0)
        return
    if len(directive.args) > 1:
        wanted = parse_size(directive.args[1])
        if wanted is None:
            start.refuse(directive, f'invalid zone size "{directive.args[1]}"', 1)
            return
        if wanted < 8 * 4096:
            start.refuse(directive, f'zone "{name}" is too small', 1)
            return
        size = wanted
    tag = f"stream {UPSTREAM_TAG}" if level.kind == STREAM_UPSTREAM else UPSTREAM_TAG
    share(start, directive, 0, name, size, tag)


def other_balancer(start: Start, level: Level, directive: Directive) -> None:
    """A method of another module, which may need no servers."""
    level.note("balancer", directive)
    if directive.name.startswith("balancer_by_lua"):
        level.note("without backup", directive)
