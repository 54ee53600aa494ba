"""What stands behind a missing permission, where the mode alone does not tell: in words, with its fixes.

One module a kind of reason; the first that knows one is asked for it. Rules about single files ask as well.
"""

from collections.abc import Callable
from importlib import import_module

from audit403.core.family import Site
from audit403.core.finding import Fix
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Entry
from audit403.files.permission import EXECUTE, READ
from audit403_checks.files.remedies import Served, served

BITS = {"search": EXECUTE, "read": READ}

MOUNT = "files/mount-refuses"
KERNEL = "files/kernel-refuses"
SELINUX_TYPE = "files/selinux-type"
SELINUX_BOOLEAN = "files/selinux-boolean"
APPARMOR = "files/apparmor-denies"
SANDBOX = "files/sandbox-hides-docroot"
MASK = "files/acl-mask-voids-entry"
GROUP = "files/group-not-in-effect"
OWNER = "files/wrong-owner-after-migration"
DEFAULT = "files/default-acl-missing"
_MODULES = ("kept", "sandbox", "masks", "groups", "owners", "neighbours")
"""Each with `behind(question) -> Behind | None`; what is nearer to the kernel's last word comes first."""


class Question(NamedTuple):
    """One entry that refuses the worker, and what it refuses: search or read. `entry` is what is known of it."""

    site: Site
    served: Served
    family: str
    path: str
    entry: Entry | None
    access: str


class Behind(NamedTuple):
    """Why an entry refuses, for the rule of this name. `fixes` gives those that open some paths, of which this entry's
    is the first, and whether they are all that helps: otherwise those for modes come after them.
    """

    rule: str
    reason: str
    fixes: Callable[[list[str]], tuple[Fix, ...]]
    modes_help: bool = True


def behind(site: Site, family: str, path: str, access: str) -> Behind | None:
    """What explains best why an entry refuses; None where it is its mode, owner or ACL as they stand."""
    found = served(site)
    if found is None:
        return None
    entry = found.evaluator.files().resolver.evidence.entry(path)
    question = Question(site, found, family, path, entry if isinstance(entry, Entry) else None, access)
    for module in _MODULES:
        answer: Behind | None = import_module(f"{__package__}.{module}").behind(question)
        if answer is not None:
            return answer
    return None
