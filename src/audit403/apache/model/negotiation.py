"""Which language wins where the client does not say: LanguagePriority, ForceLanguagePriority.

Truth: modules/mappers/mod_negotiation.c. CacheNegotiatedDocs changes headers alone, and nothing here.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

NEGOTIATION = "negotiation"
NONE, PREFER, FALLBACK = "none", "prefer", "fallback"
_WRITTEN = {NONE: "None", PREFER: "Prefer", FALLBACK: "Fallback"}


class NegotiationConfig(NamedTuple):
    """What a section says; None is unset."""

    language_priority: tuple[str, ...] | None = None
    force: frozenset[str] | None = None

    def merged(self, new: "NegotiationConfig") -> "NegotiationConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


def _config(builder: Builder) -> NegotiationConfig:
    found: NegotiationConfig = builder.slot(NEGOTIATION, NegotiationConfig())
    return found


def _language_priority(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    languages = (*(config.language_priority or ()), *directive.args)
    builder.slots[NEGOTIATION] = config._replace(language_priority=languages)


def _force(builder: Builder, directive: Directive) -> None:
    config = _config(builder)
    words = config.force or frozenset()
    for word in directive.args:
        low = word.lower()
        if low not in _WRITTEN:
            raise ConfigError(f"Invalid ForceLanguagePriority option {word}")
        if low == NONE and words - {NONE}:
            raise ConfigError("Cannot combine ForceLanguagePriority options with None")
        if low != NONE and NONE in words:
            raise ConfigError(f"Cannot combine ForceLanguagePriority options None and {_WRITTEN[low]}")
        words |= {low}
    builder.slots[NEGOTIATION] = config._replace(force=words)


DIRECTIVES: dict[str, Handler] = {
    "languagepriority": _language_priority,
    "forcelanguagepriority": _force,
}
