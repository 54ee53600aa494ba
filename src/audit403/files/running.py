"""The worker that runs: its credentials as the kernel has them, and as they are after its server was reloaded.

Truth: proc(5) (status); initgroups(3), which nginx and httpd call in each new child, so that a reload is enough.
"""

from collections.abc import Iterable

from audit403.core.edit import Edit, GroupMemberEdit, ReloadEdit
from audit403.evidence.interface import Evidence, NotCollected, User
from audit403.evidence.machine import Machine, Process
from audit403.files.identity import Identity

_DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER = 1 << 1, 1 << 2, 1 << 3


def identity_of_process(process: Process) -> Identity:
    """What the kernel holds against an entry when this process asks for it."""
    able = process.capabilities
    return Identity(
        process.uid, process.gid, process.groups | {process.gid},
        bool(able & _DAC_OVERRIDE), bool(able & _DAC_READ_SEARCH), bool(able & _FOWNER),
    )  # fmt: skip


def user_of(evidence: Evidence, process: Process) -> str:
    """The name of the user that a process runs as, or its number where no account has it."""
    user = evidence.user(process.uid)
    return user.name if isinstance(user, User) else str(process.uid)


def after(process: Process, edits: Iterable[Edit], changed: Evidence) -> Process:
    """The worker in the world `changed` that some edits have made: a reload gives it the groups that its user has.

    A master that is not root cannot give groups to its workers: they keep what they have, and gain what was joined.
    """
    user = user_of(changed, process)
    gids = changed.group_ids(user, process.gid)
    reloaded = any(isinstance(edit, ReloadEdit | GroupMemberEdit) and edit.user == user for edit in edits)
    if not reloaded or isinstance(gids, NotCollected):
        return process
    kept = frozenset() if is_from_root(changed, process) else process.groups
    return process._replace(groups=kept | frozenset(gids))


def is_from_root(evidence: Evidence, process: Process) -> bool:
    """Whether a worker's master is root, as far as that was seen, and so can take groups for it."""
    machine = evidence.machine()
    masters = machine.processes if isinstance(machine, Machine) else ()
    return all(one.uid == 0 for one in masters if one.pid == process.parent)
