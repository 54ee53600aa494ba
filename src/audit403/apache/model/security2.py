"""ModSecurity: whether it may refuse what it looks at. Its rules are its own business.

Truth: apache2/apache2_config.c of ModSecurity 2.9; SecRuleEngine is inherited where a section does not set it.
"""

from audit403.apache.model.builder import Builder, Handler, choice
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

SECURITY2 = "security2"


class SecurityConfig(NamedTuple):
    """What a section says; None is unset. `rules` is the first rule that is there."""

    engine: str | None = None
    directive: Directive | None = None
    rules: Directive | None = None

    def merged(self, new: "SecurityConfig") -> "SecurityConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


def _config(builder: Builder) -> SecurityConfig:
    found: SecurityConfig = builder.slot(SECURITY2, SecurityConfig())
    return found


def _engine(builder: Builder, directive: Directive) -> None:
    engine = choice(directive, "on", "off", "detectiononly")
    builder.slots[SECURITY2] = _config(builder)._replace(engine=engine, directive=directive)


def _rule(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    builder.slots[SECURITY2] = config._replace(rules=config.rules or directive)


DIRECTIVES: dict[str, Handler] = {
    "secruleengine": _engine,
    **dict.fromkeys(("secrule", "secaction", "secrulescript", "secremoterules"), _rule),
}
