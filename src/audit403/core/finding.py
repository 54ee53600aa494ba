"""What a check says about a fact: a finding, with a fix where there is one.

The shape is that of DESIGN.md, "A finding"; the JSON of it is a fixed contract.
"""

from audit403.core.edit import Edit, TextEdit
from audit403.core.fact import Fact
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because, Place
from audit403.core.request import Request

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
"""Worst first."""

SAFE, UNSAFE, MANUAL = "safe", "unsafe", "manual"


class Visitor(NamedTuple):
    """Whom a fix may let in or shut out: `who` in words, and a request of theirs.

    `before` and `after` say whether it is let in; the engine sets them (None: not known).
    """

    who: str
    request: Request
    before: bool | None = None
    after: bool | None = None


class Fix(NamedTuple):
    """A remedy.

    `edits` change text; `commands` are for a person to run and `world` is what they do, so that they can be replayed.
    `proven` is set by the engine once the world with the fix was evaluated again; `also_opens` are the requests that
    the fix opens besides the witness, as `METHOD URL from ADDRESS`;
    `files_unseen` that the configuration lets the witness through, and whether its file is there was not looked at.
    `visitors` are those of whom a rewritten access rule speaks, each with what becomes of them.
    """

    summary: str
    applicability: str
    edits: tuple[TextEdit, ...] = ()
    commands: tuple[str, ...] = ()
    world: tuple[Edit, ...] = ()
    proven: bool = False
    also_opens: tuple[str, ...] = ()
    files_unseen: bool = False
    visitors: tuple[Visitor, ...] = ()

    def changes(self) -> tuple[Edit, ...]:
        """Everything that the fix changes."""
        return (*self.edits, *self.world)


class Finding(NamedTuple):
    """One defect, or with `--strict` one deliberate refusal.

    `fixes` are candidates in order of preference; the engine keeps the first that proves itself as `fix`. `anchor` is
    the content that the fingerprint is made of, without line numbers. `says` is what the answer itself says.
    """

    rule: str
    severity: str
    message: str
    where: Place
    because: tuple[Because, ...] = ()
    request: Request | None = None
    who: str | None = None
    status: int | None = 403
    log: str | None = None
    fix: Fix | None = None
    fixes: tuple[Fix, ...] = ()
    anchor: str = ""
    fact: Fact | None = None
    says: str | None = None
