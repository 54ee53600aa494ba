"""mod_evasive: which clients it never counts. Its limits are the server's state.

Truth: mod_evasive20.c, whose settings are one set for the whole server.
"""

from audit403.apache.model.builder import Builder, Handler
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

EVASIVE = "evasive20"


class EvasiveServer(NamedTuple):
    """The addresses of DOSWhitelist."""

    whitelist: tuple[str, ...] = ()

    def merged(self, new: "EvasiveServer") -> "EvasiveServer":
        """One set for all."""
        return EvasiveServer(self.whitelist + new.whitelist)


def _whitelist(builder: Builder, directive: Directive) -> None:
    if builder.main is not None:
        known: EvasiveServer = builder.main.slots.get(EVASIVE, EvasiveServer())
        builder.main.slots[EVASIVE] = EvasiveServer((*known.whitelist, *directive.args))


DIRECTIVES: dict[str, Handler] = {"doswhitelist": _whitelist}
