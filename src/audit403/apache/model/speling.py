"""mod_speling: whether URLs are corrected.

Truth: modules/mappers/mod_speling.c.
"""

from audit403.apache.model.builder import Builder, Handler, flag
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

SPELING = "speling"


class SpelingConfig(NamedTuple):
    """What a section says."""

    enabled: bool = False
    case_only: bool = False
    base_names: bool = True
    directive: Directive | None = None

    def merged(self, new: "SpelingConfig") -> "SpelingConfig":
        """A later section's alone: the module has no merger."""
        return new


def _set(field: str) -> Handler:
    def handler(builder: Builder, directive: Directive) -> None:
        config: SpelingConfig = builder.slot(SPELING, SpelingConfig())
        config = config._replace(**{field: flag(directive)})  # type: ignore[arg-type]
        builder.slots[SPELING] = config._replace(directive=directive) if field == "enabled" else config

    return handler


DIRECTIVES: dict[str, Handler] = {
    "checkspelling": _set("enabled"),
    "checkcaseonly": _set("case_only"),
    "checkbasenamematch": _set("base_names"),
}
