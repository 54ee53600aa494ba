"""The kernel's own answer held against the model: what it refuses without a reason that can be seen, and the other way.

Truth: access(2) as the worker (`host/kernel_script.py`). The question is asked with the login's label, so that a
security module's refusals are not in it: those stay with their own guards.
"""

from errno import EACCES

from audit403.core.decision import REASON_STATE, Missing
from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.kernel import READABLE, SEARCHABLE, KernelAnswers
from audit403.evidence.machine import Machine, Process, table_of
from audit403.files.guard import Guard, Kept, NoGuard, Verdict
from audit403.files.permission import EXECUTE, READ

BY_KERNEL = "kernel"
_WHY = "the kernel refuses it, and no mode, ACL or mount that is visible explains it"
_ASKED = {(FILE, READ): READABLE, (DIRECTORY, READ): READABLE, (DIRECTORY, EXECUTE): SEARCHABLE}


class KernelGuard(NoGuard):
    """The kernel's answers for one worker, and `mounts`, which explains what it can."""

    def __init__(self, answers: KernelAnswers, mounts: Guard) -> None:
        self._answers = answers
        self._mounts = mounts

    @property
    def apart(self) -> frozenset[str]:
        """What the kernel refuses."""
        return self._answers.refused

    def may_see(self, path: str) -> Verdict:
        """As its mount says."""
        return self._mounts.may_see(path)

    def may_follow(self, path: str, link: Entry) -> Verdict:
        """As its mount says."""
        return self._mounts.may_follow(path, link)

    def may_use(self, path: str, entry: Entry, bits: int, granted: bool) -> Verdict:
        """The kernel's word counts; that of the modes and mounts is its explanation."""
        said = self._mounts.may_use(path, entry, bits, granted)
        wanted = _ASKED.get((entry.kind, bits))
        refused = None if wanted is None else self._answers.refuses(path, wanted)
        if refused is None:
            return said
        explained = isinstance(said, Kept) or (said is None and not granted)
        if refused:
            # What mounts leave open the kernel has settled: where modes refuse, they are its explanation.
            return said if explained or not granted else Kept(EACCES, BY_KERNEL, _WHY)
        if explained:
            return Missing(REASON_STATE, f"why the kernel lets the worker into {path} against all that is visible")
        return None if granted else said


def answers_for(machine: Machine, worker: Process) -> KernelAnswers | None:
    """What the kernel said for a worker as it is; None where it was not asked."""
    answer = next((one for one in machine.kernel if one.pid == worker.pid and one.groups == worker.groups), None)
    table = table_of(machine, worker.mounts)
    if answer is None or answer.lacking is not None or table is None:
        return None
    return KernelAnswers(answer, (mount.point for mount in table if mount.point not in answer.roots))
