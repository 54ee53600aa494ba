"""Evidence from this machine: lstat(2), getxattr(2), readdir(3) and the user database, each asked once per run.

What this process may not see is not collected; nothing that is read can block or change the machine.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.core.edit import Edit
from audit403.evidence.acl import ACCESS_ATTRIBUTE, parse_acl
from audit403.evidence.interface import (
    ABSENT,
    BLOCK,
    CHARACTER,
    DIRECTORY,
    FIFO,
    FILE,
    LINK,
    SOCKET,
    Absent,
    AclEntry,
    Entry,
    Evidence,
    Group,
    NotCollected,
    Unreadable,
    User,
)

if TYPE_CHECKING:
    from audit403.evidence.machine import Machine

MAXIMUM_FILE_SIZE = 64 * 1024 * 1024
_KEPT_CONTENT = 1024 * 1024
_KEPT_NAMES = 100_000
"""So many names, and entries that were asked for by the directory, are kept; a larger tree is looked at again."""

_KINDS = {
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFREG: FILE,
    stat.S_IFLNK: LINK,
    stat.S_IFIFO: FIFO,
    stat.S_IFSOCK: SOCKET,
    stat.S_IFBLK: BLOCK,
    stat.S_IFCHR: CHARACTER,
}
_KIND_BITS = 0o170000
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR)
_NO_ACL = (errno.ENODATA, errno.EOPNOTSUPP)
_HIDDEN = (errno.EACCES, errno.EPERM)
_RUNS = NotCollected("what runs here is looked at by `audit403 host local`")
_PROC = NotCollected("every process sees a /proc of its own")


class LocalEvidence:
    """This machine as this process may see it; answers are kept, so that one run judges one consistent world."""

    def __init__(self, maximum_file_size: int = MAXIMUM_FILE_SIZE) -> None:
        self._maximum_file_size = maximum_file_size
        self._entries: dict[str, Entry | Absent | NotCollected] = {}
        self._contents: dict[str, bytes | Absent | NotCollected | Unreadable] = {}
        self._names: dict[str, tuple[str, ...] | Absent | NotCollected | Unreadable] = {}
        self._users: dict[str | int, User | Absent | NotCollected] = {}
        self._groups: dict[str | int, Group | Absent | NotCollected] = {}
        self._group_ids: dict[tuple[str, int], tuple[int, ...] | NotCollected] = {}
        self._protected_symlinks: bool | NotCollected | None = None
        self._room_for_names = self._room_for_entries = _KEPT_NAMES

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself (a link is not followed)."""
        known = self._entries.get(path)
        if known is None:
            known = self._entries[path] = _entry(path)
        return known

    def exact(self, path: str) -> Entry | Absent | NotCollected:
        """The entry with its size and time."""
        return self.entry(path)

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of the regular file that `path` leads to; a file over the size limit is not collected."""
        known = self._contents.get(path)
        if known is None:
            known = _read(path, self._maximum_file_size)
            if not isinstance(known, bytes) or len(known) <= _KEPT_CONTENT:
                self._contents[path] = known
        return known

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in the directory `path`, sorted by bytes."""
        known = self._names.get(path)
        if known is None:
            known = _names(path)
            if len(known) <= self._room_for_names:
                self._room_for_names -= len(known)
                self._names[path] = known
        return known

    def entries(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected]:
        """What `entry` says of each of some names of a canonical directory; many of them are not kept."""
        kept, prefix = self._entries, "/" if directory == "/" else directory + "/"
        if prefix.startswith("/proc/"):
            return (self.entry(prefix + name) for name in names)
        return self._many(kept, prefix, names)

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """Not in this form."""
        return None

    def _many(
        self, kept: dict[str, Entry | Absent | NotCollected], prefix: str, names: Iterable[str]
    ) -> Iterator[Entry | Absent | NotCollected]:
        for name in names:
            path = prefix + name
            entry = kept.get(path)
            if entry is None:
                entry = _plain_entry(path) or _entry(path)
                if self._room_for_entries:
                    self._room_for_entries -= 1
                    kept[path] = entry
            yield entry

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        """The user of this name or uid, out of every source that nsswitch.conf names."""
        known = self._users.get(name_or_uid)
        if known is None:
            known = self._users[name_or_uid] = _user(name_or_uid)
        return known

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        """The group of this name or gid, out of every source that nsswitch.conf names."""
        known = self._groups.get(name_or_gid)
        if known is None:
            known = self._groups[name_or_gid] = _group(name_or_gid)
        return known

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        """What initgroups(3) would give `user` with this primary group."""
        key = (user, primary_gid)
        known = self._group_ids.get(key)
        if known is None:
            known = self._group_ids[key] = _group_ids(user, primary_gid)
        return known

    def protected_symlinks(self) -> bool | NotCollected:
        """Whether fs.protected_symlinks is on."""
        if self._protected_symlinks is None:
            self._protected_symlinks = _protected_symlinks()
        return self._protected_symlinks

    def hostname(self) -> str | NotCollected:
        """The machine's own name."""
        return os.uname().nodename

    def label(self, path: str) -> str | NotCollected | None:
        """The SELinux context of the entry at a canonical path."""
        encoded = _encoded(path)
        if encoded is None:
            return None
        try:
            return (
                os.getxattr(encoded, "security.selinux", follow_symlinks=False).rstrip(b"\0").decode("utf-8", "replace")
            )
        except OSError as error:
            return None if error.errno in _NO_ACL else NotCollected(_reason(error))

    def machine(self) -> "Machine | NotCollected":
        """Not known: only `audit403 host` looks at what runs."""
        return _RUNS

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same machine after `edits`; the machine itself is not touched."""
        from audit403.evidence.overlay import Overlay

        return Overlay(self, edits)


def _encoded(path: str) -> bytes | None:
    """The path as the kernel takes it; None when no file can have that name."""
    try:
        encoded = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None
    return None if b"\0" in encoded else encoded


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _entry(path: str) -> Entry | Absent | NotCollected:
    # Links such as /proc/self/cwd lead elsewhere for each process, so this process's answer is not the server's.
    if path.startswith("/proc/"):
        return _PROC
    encoded = _encoded(path)
    if encoded is None:
        return ABSENT
    try:
        status = os.lstat(encoded)
        kind = _KINDS[stat.S_IFMT(status.st_mode)]
        if kind == LINK:
            mode = stat.S_IMODE(status.st_mode)
            target = _decoded(os.readlink(encoded))
            return Entry(kind, mode, status.st_uid, status.st_gid, target, (), None, status.st_size, _mtime(status))
    except OSError as error:
        return ABSENT if error.errno in _NOTHING_THERE else NotCollected(_reason(error))
    acl = _acl(encoded)
    if isinstance(acl, NotCollected):
        return acl
    named, group_bits = acl
    mode = stat.S_IMODE(status.st_mode)
    size = status.st_size
    return Entry(kind, mode, status.st_uid, status.st_gid, None, named, group_bits, size, _mtime(status))


def _plain_entry(path: str) -> Entry | None:
    """The entry of a file or directory that has no ACL, as most have none; None for any other, and where it fails.

    Whether there is one is asked by the list of attributes, which costs no exception where there are none.
    """
    try:
        encoded = path.encode("utf-8", "surrogateescape")
        status = os.lstat(encoded)
        mode = status.st_mode
        kind = _KINDS[mode & _KIND_BITS]
        if kind == LINK or ACCESS_ATTRIBUTE in os.listxattr(encoded, follow_symlinks=False):
            return None
    except (OSError, ValueError):
        return None
    size = status.st_size
    return Entry(kind, mode & 0o7777, status.st_uid, status.st_gid, None, (), None, size, _mtime(status))


def _mtime(status: os.stat_result) -> int:
    return status.st_mtime_ns // 1_000_000_000


def _acl(path: bytes) -> tuple[tuple[AclEntry, ...], int | None] | NotCollected:
    try:
        attribute = os.getxattr(path, ACCESS_ATTRIBUTE, follow_symlinks=False)
    except OSError as error:
        return ((), None) if error.errno in _NO_ACL else NotCollected(_reason(error))
    acl = parse_acl(attribute)
    return NotCollected("its ACL is of an unknown form") if acl is None else acl


def _read(path: str, maximum: int) -> bytes | Absent | NotCollected | Unreadable:
    encoded = _encoded(path)
    if encoded is None:
        return ABSENT
    try:
        # Opening alone can act on a device (a watchdog restarts the machine), so stat must show a file first.
        refused = _not_a_plain_file(os.stat(encoded))
        if refused is not None:
            return refused
        descriptor = os.open(encoded, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            status = os.fstat(descriptor)
            refused = _not_a_plain_file(status)
            if refused is None and status.st_size > maximum:
                refused = _too_large(maximum)
            return _read_all(descriptor, maximum) if refused is None else refused
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return ABSENT
        if error.errno in _HIDDEN:
            return NotCollected(_reason(error))
        return Unreadable(error.errno or errno.EIO, _reason(error))


def _not_a_plain_file(status: os.stat_result) -> Unreadable | NotCollected | None:
    if stat.S_ISDIR(status.st_mode):
        return Unreadable(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        return Unreadable(errno.EINVAL, "Not a regular file")
    # Reading in /proc can wait for ever or take something away from another reader (/proc/kmsg).
    if status.st_dev == _proc_device():
        return _PROC
    return None


def _proc_device() -> int | None:
    try:
        return os.stat("/proc").st_dev if os.path.exists("/proc/self") else None
    except OSError:
        return None


def _read_all(descriptor: int, maximum: int) -> bytes | NotCollected:
    parts: list[bytes] = []
    left = maximum + 1
    while left:
        part = os.read(descriptor, min(left, 1024 * 1024))
        if not part:
            return b"".join(parts)
        parts.append(part)
        left -= len(part)
    return _too_large(maximum)


def _too_large(maximum: int) -> NotCollected:
    return NotCollected(f"it is larger than {maximum:,} bytes")


def _names(path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
    if path == "/proc" or path.startswith("/proc/"):
        return _PROC
    encoded = _encoded(path)
    if encoded is None:
        return ABSENT
    try:
        return tuple(_decoded(name) for name in sorted(os.listdir(encoded)))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return ABSENT
        if error.errno in _HIDDEN:
            return NotCollected(_reason(error))
        return Unreadable(error.errno or errno.EIO, _reason(error))


def _user(name_or_uid: str | int) -> User | Absent | NotCollected:
    import pwd

    try:
        record = pwd.getpwnam(name_or_uid) if isinstance(name_or_uid, str) else pwd.getpwuid(name_or_uid)
    except (KeyError, ValueError):
        return ABSENT
    except OSError as error:
        return NotCollected(_reason(error))
    return User(record.pw_name, record.pw_uid, record.pw_gid, record.pw_dir)


def _group(name_or_gid: str | int) -> Group | Absent | NotCollected:
    import grp

    try:
        record = grp.getgrnam(name_or_gid) if isinstance(name_or_gid, str) else grp.getgrgid(name_or_gid)
    except (KeyError, ValueError):
        return ABSENT
    except OSError as error:
        return NotCollected(_reason(error))
    return Group(record.gr_name, record.gr_gid, tuple(record.gr_mem))


def _group_ids(user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
    try:
        return tuple(sorted({primary_gid, *os.getgrouplist(user, primary_gid)}))
    except (OSError, ValueError, OverflowError) as error:
        return NotCollected(str(error))


def _protected_symlinks() -> bool | NotCollected:
    try:
        with open("/proc/sys/fs/protected_symlinks", "rb") as file:
            return file.read().strip() != b"0"
    except OSError as error:
        return NotCollected(_reason(error))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
