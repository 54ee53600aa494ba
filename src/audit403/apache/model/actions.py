"""mod_actions: which script answers for a handler, a type or a method.

Truth: modules/mappers/mod_actions.c. The names of handlers and types are compared without regard to case.
"""

from collections.abc import Mapping

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

ACTIONS = "actions"


class Action(NamedTuple):
    """One Action or Script; `virtual`: whether or not there is a file."""

    script: str
    virtual: bool
    directive: Directive


class ActionsConfig(NamedTuple):
    """What a section says, by handler or type and by method."""

    actions: Mapping[str, Action] = {}
    scripts: Mapping[str, Action] = {}

    def merged(self, new: "ActionsConfig") -> "ActionsConfig":
        """This with a later section's laid over it."""
        return ActionsConfig({**self.actions, **new.actions}, {**self.scripts, **new.scripts})


def _config(builder: Builder) -> ActionsConfig:
    found: ActionsConfig = builder.slot(ACTIONS, ActionsConfig())
    return found


def _action(builder: Builder, directive: Directive) -> None:
    if not 2 <= len(directive.args) <= 3:
        raise ConfigError(f"{directive.written} takes two or three arguments, a media type followed by a script name")
    kind, script, *option = directive.args
    if option and option[0].lower() != "virtual":
        raise ConfigError(f"unrecognized option '{option[0]}'")
    config = _config(builder)
    actions = {**config.actions, kind.lower(): Action(script, bool(option), directive)}
    builder.slots[ACTIONS] = config._replace(actions=actions)


def _script(builder: Builder, directive: Directive) -> None:
    if len(directive.args) != 2:
        raise ConfigError(f"{directive.written} takes two arguments, a method followed by a script name")
    method, script = directive.args
    if method == "TRACE":
        raise ConfigError("TRACE not allowed for Script")
    if builder.process is not None:
        builder.process.methods.add(method)
    config = _config(builder)
    scripts = {**config.scripts, "GET" if method == "HEAD" else method: Action(script, True, directive)}
    builder.slots[ACTIONS] = config._replace(scripts=scripts)


DIRECTIVES: dict[str, Handler] = {"action": _action, "script": _script}
