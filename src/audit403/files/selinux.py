"""What SELinux's policy for web servers lets a worker read, by the type in an entry's label.

Truth: httpd_selinux(8) and apache.te of the reference policy, which RHEL's and Fedora's are made from. The tables have
what is the same in all of them; of a type that is in none the answer is not known. A domain that was made permissive
(`semanage-permissive(8)`) is refused nothing; where only root may see which are, a refusal is not known to be one.
"""

import re
from errno import EACCES

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.evidence.interface import DIRECTORY, Entry, Evidence, NotCollected
from audit403.evidence.machine import Machine, Process
from audit403.files.guard import Kept, NoGuard, Verdict

BY_TYPE, BY_BOOLEAN = "selinux-type", "selinux-boolean"
ENFORCING = "enforcing"
_DOMAIN = "httpd_t"
_NEEDS_ROOT = "`semanage permissive -l` tells root (run with --sudo)"
_CONTAINER = "container_t"
_OF_CONTAINERS = frozenset(("container_file_t", "container_ro_file_t", "container_share_t", "svirt_sandbox_file_t"))
_UNCONFINED = frozenset(("unconfined_t", "unconfined_service_t", "initrc_t", "kernel_t", "spc_t"))

_CONTENT = re.compile(
    r"httpd_\w*(?:content|content_rw|content_ra|rw_content|ra_content|htaccess|script_exec)_t|public_content(?:_rw)?_t"
)
_READABLE = frozenset(
    (
        *("etc_t", "usr_t", "lib_t", "bin_t", "cert_t", "fonts_t", "locale_t", "var_lib_t"),
        *("httpd_config_t", "httpd_modules_t", "httpd_cache_t", "httpd_var_lib_t", "httpd_var_run_t", "httpd_tmp_t"),
    )
)
_ON_THE_WAY = frozenset(("root_t", "var_t", "home_root_t", "mnt_t", "httpd_log_t", "var_log_t", "tmp_t"))
"""Types of directories that everybody may look names up in."""
BOOLEANS = {
    "user_home_dir_t": ("httpd_enable_homedirs", "httpd_read_user_content"),
    "user_home_t": ("httpd_read_user_content",),
    "httpd_user_content_t": ("httpd_enable_homedirs", "httpd_read_user_content"),
    "nfs_t": ("httpd_use_nfs",),
    "cifs_t": ("httpd_use_cifs",),
    "fusefs_t": ("httpd_use_fusefs",),
}
"""Types that any of these booleans opens."""
_NEVER = frozenset(("default_t", "admin_home_t", "user_tmp_t", "samba_share_t", "container_file_t", "unlabeled_t"))
_NO_FILES = frozenset(("var_t", "mnt_t"))
"""Types whose files are not for it, whatever its directories are."""


def type_of(label: str) -> str | None:
    """The type in `user:role:type:range`."""
    parts = label.split(":")
    return parts[2] if len(parts) > 2 else None


def categories_of(label: str) -> frozenset[str]:
    """The categories of `user:role:type:s0:c1,c2`."""
    parts = label.split(":", 4)
    return frozenset(parts[4].split(",")) if len(parts) > 4 else frozenset()


class SelinuxGuard(NoGuard):
    """SELinux where it enforces, for one process."""

    def __init__(self, evidence: Evidence, machine: Machine, worker: Process) -> None:
        self._evidence = evidence
        self._booleans = dict(machine.booleans)
        self._domain = None if worker.label is None else type_of(worker.label)
        self._categories = categories_of(worker.label or "")
        self._permissive = machine.permissive

    @property
    def has_a_say(self) -> bool:
        """Whether the process is in a domain that the policy confines."""
        return self._domain not in _UNCONFINED and self._domain not in (self._permissive or ())

    def may_stat(self, path: str, entry: Entry) -> Verdict:
        """getattr, which every type that may be read has."""
        return self._unless_permissive(self._verdict(path, entry))

    def may_use(self, path: str, entry: Entry, bits: int, granted: bool) -> Verdict:
        """The modes are asked first."""
        return self._unless_permissive(self._verdict(path, entry)) if granted else None

    def may_follow(self, path: str, link: Entry) -> Verdict:
        """A link is read as a file is."""
        return self._unless_permissive(self._verdict(path, link))

    def _unless_permissive(self, verdict: Verdict) -> Verdict:
        if self._permissive is not None or not isinstance(verdict, Kept):
            return verdict
        return Missing(REASON_STATE, f"whether SELinux's domain {self._domain} was made permissive: {_NEEDS_ROOT}")

    def _verdict(self, path: str, entry: Entry) -> Verdict:
        if self._domain == _CONTAINER:
            return self._in_container(path)
        if self._domain != _DOMAIN:
            return Missing(REASON_STATE, f"what SELinux's policy lets the domain {self._domain or 'of the worker'} do")
        label = self._evidence.label(path)
        if isinstance(label, NotCollected):
            return Missing(REASON_FILE, f"the SELinux label of {path}")
        kind = "unlabeled_t" if label is None else type_of(label)
        if kind is None:
            return Missing(REASON_STATE, f"what the label of {path} means: {label}")
        if kind in BOOLEANS:
            return self._by_boolean(path, kind, BOOLEANS[kind])
        if kind in _READABLE or _CONTENT.fullmatch(kind) or (entry.kind == DIRECTORY and kind in _ON_THE_WAY):
            return None
        if kind in _NEVER or (entry.kind != DIRECTORY and kind in _NO_FILES):
            return Kept(EACCES, BY_TYPE, f"SELinux lets web servers use nothing of type {kind}, as {path} is")
        return Missing(
            REASON_STATE, f"whether SELinux's policy lets {_DOMAIN} use what is of type {kind}, as {path} is"
        )

    def _in_container(self, path: str) -> Verdict:
        """Containers use what has their own categories or none (container_selinux(8))."""
        label = self._evidence.label(path)
        if isinstance(label, NotCollected):
            return Missing(REASON_FILE, f"the SELinux label of {path}")
        kind = None if label is None else type_of(label)
        if kind in _OF_CONTAINERS and categories_of(label or "") <= self._categories:
            return None
        return Missing(REASON_STATE, f"whether SELinux lets the container use what is labelled {label}, as {path} is")

    def _by_boolean(self, path: str, kind: str, names: tuple[str, ...]) -> Verdict:
        if any(self._booleans.get(name) for name in names):
            return None
        if any(name not in self._booleans for name in names):
            return Missing(REASON_STATE, f"SELinux's boolean {names[0]}")
        return Kept(EACCES, BY_BOOLEAN, f"{path} is of type {kind}, and SELinux's boolean {names[0]} is off")
