"""The blocks: events, http and stream; servers, locations, conditions.

Truth: ngx_http_block and ngx_http_join_exact_locations in src/http/ngx_http.c; ngx_http_core_server,
ngx_http_core_location, ngx_http_core_limit_except and ngx_http_core_root in src/http/ngx_http_core_module.c;
ngx_http_rewrite_if.
"""

from audit403.nginx.model.faulty import NAME
from audit403.nginx.model.location import location_name
from audit403.nginx.model.rewrite_code import RewriteFault, compile_condition
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import EVENTS, HTTP, IF, LIMIT_EXCEPT, LOCATION, SERVER, STREAM, Level

_METHODS = frozenset(
    (
        "GET", "HEAD", "POST", "PUT", "DELETE", "MKCOL", "COPY", "MOVE", "OPTIONS", "PROPFIND", "PROPPATCH", "LOCK",
        "UNLOCK", "PATCH",
    )
)  # fmt: skip
_MODIFIERS = frozenset(("=", "^~", "~", "~*"))
_REGEXES = ("~", "~*")
MOST_NESTED = 200


def events(start: Start, level: Level, directive: Directive) -> None:
    """The events block."""
    if _once(start, level, directive):
        start.block(Level(EVENTS, directive, level), start.expand(directive))


def http(start: Start, level: Level, directive: Directive) -> None:
    """The http block."""
    if _once(start, level, directive):
        inside = Level(HTTP, directive, level)
        start.block(inside, start.expand(directive))
        if start.may_contradict:
            from audit403.nginx.start.combinations import check_combinations

            check_combinations(start, inside)
        start.finish()


def stream(start: Start, level: Level, directive: Directive) -> None:
    """The stream block."""
    if _once(start, level, directive):
        start.space = start.stream
        start.block(Level(STREAM, directive, level), start.expand(directive))
        start.finish()
        start.space = start.http


def _once(start: Start, level: Level, directive: Directive) -> bool:
    if directive.name in level.given:
        start.refuse(directive, f'"{directive.name}" directive is duplicate', dropped=False)
        return False
    level.given[directive.name] = directive
    return True


def server(start: Start, level: Level, directive: Directive) -> None:
    """A server block of http, or a server of an upstream block."""
    if directive.block is None:
        from audit403.nginx.start.balancing import upstream_server

        upstream_server(start, level, directive)
        return
    inside = Level(SERVER, directive, level)
    start.block(inside, start.expand(directive))
    if "listen" not in inside.noted:
        from audit403.nginx.start.listens import implied_listen

        implied_listen(start, inside)


def location(start: Start, level: Level, directive: Directive) -> None:
    """One location: its name, where it stands, and what is in it."""
    modifier, name = location_name(directive.args)
    inside = Level(LOCATION, directive, level)
    inside.modifier, inside.name = modifier, name
    word = len(directive.args) - 1
    if len(directive.args) == 2 and modifier not in _MODIFIERS:
        start.refuse(directive, f'invalid location modifier "{modifier}"', 0, dropped=False)
    elif modifier in _REGEXES:
        if start.regex(directive, word, name, modifier == "~*", dropped=False) is not None:
            _misplaced(start, level, inside, directive)
    elif not _misplaced(start, level, inside, directive) and modifier != "@":
        key = f"location {'=' if modifier == '=' else ''} {name}"
        if key in level.given:
            start.refuse(directive, f'duplicate location "{name}"', word, dropped=False)
        level.given.setdefault(key, directive)
    if level.depth < MOST_NESTED:
        start.block(inside, start.expand(directive))


def _misplaced(start: Start, level: Level, inside: Level, directive: Directive) -> bool:
    """Whether it stands in a location that it cannot stand in."""
    if level.kind != LOCATION:
        return False
    word = len(directive.args) - 1
    if level.modifier == "=":
        message = f'location "{inside.name}" cannot be inside the exact location "{level.name}"'
    elif level.modifier == "@":
        message = f'location "{inside.name}" cannot be inside the named location "{level.name}"'
    elif inside.modifier == "@":
        message = f'named location "{inside.name}" can be on the server level only'
    elif inside.modifier not in _REGEXES and not inside.name.startswith(level.name):
        message = f'location "{inside.name}" is outside location "{level.name}"'
    else:
        return False
    start.refuse(directive, message, word, dropped=False)
    return True


def if_(start: Start, level: Level, directive: Directive) -> None:
    """A condition and what it guards."""
    try:
        condition = compile_condition(directive)
    except RewriteFault as error:
        start.refuse(directive, str(error), error.word)
    else:
        if condition.variable:
            start.space.variables.use(condition.variable, directive, 0)
        if condition.value is not None:
            start.use(condition.value, directive, len(directive.args) - 1)
        if condition.regex is not None:
            start.define_groups(condition.regex, directive)
    inside = Level(IF, directive, level)
    inside.name = level.name
    start.block(inside, start.expand(directive))


def limit_except(start: Start, level: Level, directive: Directive) -> None:
    """The methods that a location leaves open."""
    if "limit_except" in level.given:
        start.duplicate(directive)
    level.given.setdefault("limit_except", directive)
    for word, method in enumerate(directive.args):
        if method.upper() not in _METHODS:
            start.refuse(directive, f'invalid method "{method}"', word, dropped=False)
            break
    inside = Level(LIMIT_EXCEPT, directive, level)
    inside.name = level.name
    start.block(inside, start.expand(directive))


def root(start: Start, level: Level, directive: Directive) -> None:
    """`root` and `alias`, of which a block has one."""
    name = directive.name
    earlier = level.given.get("root")
    if earlier is not None:
        message = f'"{name}" directive is duplicate'
        if earlier.name != name:
            message += f', "{earlier.name}" directive was specified earlier'
        start.refuse(directive, message, NAME, dropped=False)
        return
    level.given["root"] = directive
    if name == "alias" and level.modifier == "@":
        start.refuse(directive, 'the "alias" directive cannot be used inside the named location', NAME)
        return
    path = directive.args[0]
    if "$" not in path:
        return
    for variable in ("document_root", "realpath_root"):
        if f"${variable}" in path or f"${{{variable}}}" in path:
            start.refuse(directive, f'the ${variable} variable cannot be used in the "{name}" directive', 0)
            return
    start.text(directive, 0)
