"""AllowMethods.

Truth: modules/aaa/mod_allowmethods.c.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

ALLOWMETHODS = "allowmethods"


class AllowMethodsConfig(NamedTuple):
    """The methods that are let in (none: all of them); HEAD is GET."""

    names: frozenset[str] = frozenset()
    directive: Directive | None = None

    def merged(self, new: "AllowMethodsConfig") -> "AllowMethodsConfig":
        """The later section's."""
        return new


def _allow_methods(builder: Builder, directive: Directive) -> None:
    words = directive.args
    if not words:
        raise ConfigError("AllowMethods: No method or 'reset' keyword given")
    if len(words) == 1 and words[0].lower() == "reset":
        builder.slots[ALLOWMETHODS] = AllowMethodsConfig(frozenset(), directive)
        return
    for word in words:
        if not builder.knows_method(word):
            raise ConfigError(f"AllowMethods: Invalid Method '{word}'")
    before: AllowMethodsConfig = builder.slot(ALLOWMETHODS, AllowMethodsConfig())
    names = frozenset("GET" if word == "HEAD" else word for word in words)
    builder.slots[ALLOWMETHODS] = AllowMethodsConfig(before.names | names, directive)


DIRECTIVES: dict[str, Handler] = {"allowmethods": _allow_methods}
