"""mod_cern_meta: which files have others beside them that say headers.

Truth: modules/metadata/mod_cern_meta.c. MetaFiles is not inherited by a section that says anything of this module's.
"""

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

CERN_META = "cern_meta"


class CernMetaConfig(NamedTuple):
    """What a section says; None is unset."""

    on: bool = False
    directory: str | None = None
    suffix: str | None = None

    def merged(self, new: "CernMetaConfig") -> "CernMetaConfig":
        """This with a later section's laid over it."""
        return CernMetaConfig(new.on, new.directory or self.directory, new.suffix or self.suffix)


def _config(builder: Builder) -> CernMetaConfig:
    found: CernMetaConfig = builder.slot(CERN_META, CernMetaConfig())
    return found


def _files(builder: Builder, directive: Directive) -> None:
    builder.slots[CERN_META] = _config(builder)._replace(on=flag(directive))


def _directory(builder: Builder, directive: Directive) -> None:
    builder.slots[CERN_META] = _config(builder)._replace(directory=only_word(directive))


def _suffix(builder: Builder, directive: Directive) -> None:
    builder.slots[CERN_META] = _config(builder)._replace(suffix=only_word(directive))


DIRECTIVES: dict[str, Handler] = {"metafiles": _files, "metadir": _directory, "metasuffix": _suffix}
