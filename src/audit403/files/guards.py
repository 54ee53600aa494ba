"""The guards of a worker that runs: its mounts, and the security modules of its machine."""

from audit403.evidence.interface import Evidence
from audit403.evidence.machine import Machine, Process, table_of
from audit403.files.guard import Guard, Guards


def guard_of(evidence: Evidence, worker: Process) -> Guard | None:
    """What decides beside modes what this process may use; None where nothing does."""
    machine = evidence.machine()
    if not isinstance(machine, Machine):
        return None
    found: list[Guard] = []
    from audit403.files.mount_guard import MountGuard

    mounts = MountGuard(worker, table_of(machine, worker.mounts) or ())
    from audit403.files.kernel_guard import KernelGuard, answers_for

    answers = answers_for(machine, worker)
    if answers is not None:
        found.append(KernelGuard(answers, mounts))
    elif mounts.has_a_say:
        found.append(mounts)
    if machine.selinux == "enforcing":
        from audit403.files.selinux import SelinuxGuard

        module = SelinuxGuard(evidence, machine, worker)
        if module.has_a_say:
            found.append(module)
    from audit403.files.apparmor import ApparmorGuard, profile_of

    profile = profile_of(worker)
    if profile is not None:
        found.append(ApparmorGuard(evidence, worker, profile))
    return None if not found else found[0] if len(found) == 1 else Guards(tuple(found))
