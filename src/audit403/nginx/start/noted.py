"""Directives that are only remembered, for what shows when all is read."""

from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import Level


def noted(start: Start, level: Level, directive: Directive) -> None:
    """Keep it; it may be repeated."""
    level.note(directive.name, directive)


def charset(start: Start, level: Level, directive: Directive) -> None:
    """`charset` and `source_charset`."""
    name, text = directive.name, directive.args[0]
    if name in level.given:
        start.duplicate(directive)
        return
    level.given[name] = directive
    if text.startswith("$"):
        if text == "$":
            start.refuse(directive, 'invalid variable name "$"', 0)
        else:
            start.use_alone(directive, 0)


def aio(start: Start, level: Level, directive: Directive) -> None:
    """`aio on|off|threads[=pool]`."""
    if "aio" in level.given:
        start.duplicate(directive)
        return
    level.given["aio"] = directive
    text = directive.args[0]
    if text.startswith("threads="):
        if start.text(directive, 0, text[8:]) and "$" not in text:
            start.pools.setdefault(text[8:], (directive, 0))
    elif text not in ("on", "off", "threads"):
        start.refuse(directive, '"aio" directive invalid value', 0)
