"""Directives of other modules, of which only that they may make variables is known here."""

from audit403.nginx.model.numbers import parse_size
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import Level
from audit403.nginx.start.zones import share

#: Modules that make no variables but those named in their directives.
_MAKES_NONE = (
    "auth_pam", "brotli", "concat", "dav_ext_", "echo", "fancyindex", "image_", "lua_", "more_", "set_", "subs_",
    "trim", "upstream_fair_", "zstd",
)  # fmt: skip
_LEAST_DICTIONARY = 8191


def defines(start: Start, level: Level, directive: Directive) -> None:
    """Every variable that stands alone may be made here."""
    if directive.name.startswith("set_by_lua") and not directive.args[0].startswith("$"):
        start.refuse(directive, f'invalid variable name "{directive.args[0]}"', 0)
        return
    for word in directive.args:
        if word.startswith("$"):
            start.space.variables.define(word[1:].lower())


def other_module(start: Start, level: Level, directive: Directive) -> None:
    """A module of which nothing else is known."""
    defines(start, level, directive)
    if not directive.name.startswith(_MAKES_NONE):
        start.space.variables.uncertain = True


def lua_shared_dict(start: Start, level: Level, directive: Directive) -> None:
    """`lua_shared_dict name size`."""
    name, text = directive.args
    size = parse_size(text)
    if size is None or size <= _LEAST_DICTIONARY:
        start.refuse(directive, f'invalid lua shared dict size "{text}"', 1)
        return
    zone = share(start, directive, 0, name, size, "lua_shared_dict")
    if zone is not None and zone.declared is not None:
        start.refuse(directive, f'lua_shared_dict "{name}" is already defined as "{name}"', 0)
    elif zone is not None:
        zone.declared = directive
