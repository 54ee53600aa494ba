"""What guards refuse whatever the modes say: file systems of their own mind, security modules."""

from audit403.core.finding import MANUAL, Fix
from audit403.evidence.interface import DIRECTORY
from audit403.files.apparmor import BY_PROFILE
from audit403.files.explain import resolve
from audit403.files.guard import Kept
from audit403.files.kernel_guard import BY_KERNEL
from audit403.files.mount_guard import FUSE, NO_LINKS
from audit403_checks.files.behind import KERNEL, MOUNT, Behind, Question

_REMEDIES = {
    BY_KERNEL: "look at what decides beside modes there: `findmnt -T` names the file system and the server behind it",
    FUSE: "mount it with allow_other and default_permissions (user_allow_other in /etc/fuse.conf lets users do that)",
    NO_LINKS: "mount it without nosymfollow, or put the files themselves in the place of the links",
}


def behind(question: Question) -> Behind | None:
    """The guard that refuses."""
    is_file = question.entry is not None and question.entry.kind != DIRECTORY
    found = resolve(question.served.evaluator.files().resolver, question.path, "read" if is_file else question.access)
    kept = None if found.blocker is None or found.path != question.path else found.blocker.kept
    if kept is None:
        return None
    if kept.by.startswith("selinux"):
        from audit403_checks.files.selinux import behind as behind_selinux

        return behind_selinux(question, kept)
    if kept.by == BY_PROFILE:
        from audit403_checks.files.apparmor import behind as behind_apparmor

        return behind_apparmor(question, kept)
    return told(kept)


def told(kept: Kept) -> Behind:
    """What the guard says, with the remedy."""
    fix = Fix(_REMEDIES[kept.by], MANUAL)
    return Behind(KERNEL if kept.by == BY_KERNEL else MOUNT, kept.why, lambda _: (fix,), modes_help=False)
