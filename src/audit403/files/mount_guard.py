"""Mounts that decide for themselves who may use what lies in them, whatever modes say.

Truth: fuse_allow_current_process() and fuse_permission() in fs/fuse/dir.c, which keep out even root; MNT_NOSYMFOLLOW in
pick_link() of fs/namei.c; exports(5) for root_squash; mount.cifs(8) for noperm; capable_wrt_inode_uidgid() in
kernel/capability.c for processes in a user namespace of their own.
"""

from errno import EACCES, ELOOP

from audit403.core.decision import REASON_STATE, Missing
from audit403.evidence.interface import Entry
from audit403.evidence.machine import Mount, Process, mount_at
from audit403.files.guard import Kept, NoGuard, Verdict
from audit403.files.identity import Identity
from audit403.files.permission import in_group, permitted
from audit403.files.running import identity_of_process

FUSE, NO_LINKS = "fuse", "nosymfollow"
_NETWORK = ("nfs", "nfs4")
_GROUPS_IN_A_CALL = 16
"""AUTH_SYS has room for no more."""
_KEPT = 50_000


class MountGuard(NoGuard):
    """The mounts of one process that have a say; `table` is what it sees."""

    def __init__(self, process: Process, table: tuple[Mount, ...]) -> None:
        self._process = process
        self._identity = identity_of_process(process)
        self._table = table
        self._points = frozenset(mount.point for mount in table)
        self._own = tuple(f"{mount.point.rstrip('/')}/" for mount in table if _has_a_say(mount))
        self._mounts: dict[str, Mount | None] = {}

    @property
    def has_a_say(self) -> bool:
        """Whether any mount has, or the process's capabilities are those of its own user namespace."""
        return bool(self._own) or self._is_mapped_root()

    def may_see(self, path: str) -> Verdict:
        """The root of a file system that lets nobody else in cannot be looked at, either."""
        mount = self._mount(path)
        return None if mount is None else self._of_fuse(mount)

    def may_use(self, path: str, entry: Entry, bits: int, granted: bool) -> Verdict:
        """What the file system says of it."""
        mount = self._mount(path)
        if mount is None:
            return self._by_namespace(entry, bits) if granted and self._is_mapped_root() else None
        refused = self._of_fuse(mount)
        if refused is not None:
            return refused
        options = mount.options
        if mount.kind in _NETWORK:
            return self._of_network(mount, entry, bits, granted)
        by_itself = _is_fuse(mount) and "default_permissions" not in options
        if not granted and (by_itself or (mount.kind in ("cifs", "smb3") and "noperm" in options)):
            return _unknown(f"whether the file system at {mount.point} grants it, whatever the modes say")
        return None

    def may_follow(self, path: str, link: Entry) -> Verdict:
        """`nosymfollow` ends every walk at a link."""
        mount = self._mount(path)
        if mount is None or "nosymfollow" not in mount.options:
            return None
        return Kept(ELOOP, NO_LINKS, f"{mount.point} is mounted with nosymfollow, so that no link in it is followed")

    def _of_fuse(self, mount: Mount) -> Verdict:
        if not _is_fuse(mount) or "allow_other" in mount.options:
            return None
        owner, group = _number(mount, "user_id="), _number(mount, "group_id=")
        if owner is None or group is None:
            return _unknown(f"who may enter the file system at {mount.point}")
        if (self._process.uid, self._process.gid) == (owner, group):
            return None
        kind = mount.kind.partition(".")[2] or "FUSE"
        why = f"{mount.point} is a mount of {kind} without allow_other: nobody but the user {owner} may enter it"
        return Kept(EACCES, FUSE, why)

    def _of_network(self, mount: Mount, entry: Entry, bits: int, granted: bool) -> Verdict:
        """The server decides, by the ids that it is told."""
        if any(option.startswith("sec=krb5") for option in mount.options):
            return _unknown(f"what the tickets of the worker let it do at {mount.point}")
        plain = Identity(self._identity.uid, self._identity.gid, self._identity.groups)
        if self._identity.uid == 0 or permitted(entry, plain, bits) != granted:
            return _unknown(f"whether the file server squashes root at {mount.point}")
        if len(plain.groups) > _GROUPS_IN_A_CALL and in_group(entry.gid, plain):
            return _unknown(f"which of more than {_GROUPS_IN_A_CALL} groups the file server of {mount.point} is told")
        return None

    def _is_mapped_root(self) -> bool:
        able = self._identity
        return self._process.is_mapped and (able.dac_override or able.dac_read_search)

    def _by_namespace(self, entry: Entry, bits: int) -> Verdict:
        """Capabilities count for what belongs to ids of the namespace, and which those are was not seen."""
        plain = Identity(self._identity.uid, self._identity.gid, self._identity.groups)
        if permitted(entry, plain, bits):
            return None
        return _unknown("which ids the worker's user namespace maps")

    def _mount(self, path: str) -> Mount | None:
        """The mount that a path lies in, where one on the way to it has a say."""
        if not self._own or not f"{path}/".startswith(self._own):
            return None
        if path in self._points:
            return mount_at(self._table, path)
        directory = path.rpartition("/")[0] or "/"
        if directory not in self._mounts:
            if len(self._mounts) >= _KEPT:
                self._mounts.clear()
            self._mounts[directory] = mount_at(self._table, directory)
        return self._mounts[directory]


def _has_a_say(mount: Mount) -> bool:
    return _is_fuse(mount) or mount.kind in (*_NETWORK, "cifs", "smb3") or "nosymfollow" in mount.options


def _is_fuse(mount: Mount) -> bool:
    return mount.kind in ("fuse", "fuseblk") or mount.kind.startswith("fuse.")


def _number(mount: Mount, name: str) -> int | None:
    text = next((option[len(name) :] for option in mount.options if option.startswith(name)), "")
    return int(text) if text.isdecimal() else None


def _unknown(what: str) -> Missing:
    return Missing(REASON_STATE, what)
