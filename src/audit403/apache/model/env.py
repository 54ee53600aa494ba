"""SetEnv, PassEnv and UnsetEnv.

Truth: modules/metadata/mod_env.c. UnsetEnv takes away what an outer section has set, and what stands before it.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

ENV = "env"


class EnvConfig(NamedTuple):
    """What a section sets and takes away, by name in lower case; None is the value in httpd's own environment."""

    values: tuple[tuple[str, str | None, Directive], ...] = ()
    unset: frozenset[str] = frozenset()

    def merged(self, new: "EnvConfig") -> "EnvConfig":
        """This with a later section's laid over it."""
        kept = tuple(one for one in self.values if one[0].lower() not in new.unset)
        return EnvConfig(_laid_over(kept, new.values))


def _laid_over(
    before: tuple[tuple[str, str | None, Directive], ...], after: tuple[tuple[str, str | None, Directive], ...]
) -> tuple[tuple[str, str | None, Directive], ...]:
    table = {one[0].lower(): one for one in before}
    table.update((one[0].lower(), one) for one in after)
    return tuple(table.values())


def _config(builder: Builder) -> EnvConfig:
    found: EnvConfig = builder.slot(ENV, EnvConfig())
    return found


def _set_env(builder: Builder, directive: Directive) -> None:
    words = directive.args
    if not 1 <= len(words) <= 2:
        raise ConfigError("SetEnv takes one or two arguments, an environment variable name and optional value")
    config = _config(builder)
    added = ((words[0], words[1] if len(words) == 2 else "", directive),)
    builder.slots[ENV] = config._replace(values=_laid_over(config.values, added))


def _pass_env(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    added: tuple[tuple[str, str | None, Directive], ...] = tuple((word, None, directive) for word in directive.args)
    builder.slots[ENV] = config._replace(values=_laid_over(config.values, added))


def _unset_env(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    names = frozenset(word.lower() for word in directive.args)
    values = tuple(one for one in config.values if one[0].lower() not in names)
    builder.slots[ENV] = EnvConfig(values, config.unset | names)


DIRECTIVES: dict[str, Handler] = {"setenv": _set_env, "passenv": _pass_env, "unsetenv": _unset_env}
