"""What runs on a machine and what it sees: processes, the mounts of each, units, labels. Only a live audit knows it.

Truth: proc(5) (status, mountinfo, attr), systemctl(1) show, selinux(8), apparmor(7).
"""

from collections.abc import Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.kernel import KernelAnswer


class Mount(NamedTuple):
    """One line of mountinfo(5): `root` is the part of the file system that is mounted at `point`.

    `options` are those of the mount and of its file system, without a `rw` where either is read-only. `number` and
    `parent` say what lies on what, where something was mounted over a part of the tree; `device` is the file system's.
    """

    point: str
    root: str
    kind: str
    source: str
    options: frozenset[str]
    number: int = 0
    parent: int = 0
    device: str = ""


class Process(NamedTuple):
    """One process; ids are those of the file system. None is what the login may not see.

    `capabilities` is CapEff; `mounts` says which of the machine's mount tables is its own; `is_mapped` that it lives
    in another user namespace than the login. `build` has what its program file says of how it was built,
    `open_files` is how many it may have open, `room` how many bytes its command line and environment take: a title
    that fills them was cut off.
    """

    pid: int
    parent: int
    name: str
    argv: tuple[str, ...]
    uid: int
    gid: int
    groups: frozenset[int]
    capabilities: int
    executable: str | None = None
    root: str | None = None
    directory: str | None = None
    label: str | None = None
    mount_namespace: str | None = None
    is_mapped: bool = False
    seccomp: bool = False
    unit: str | None = None
    mounts: int | None = None
    open_files: int | None = None
    build: tuple[str, ...] = ()
    room: int | None = None


class Unit(NamedTuple):
    """A unit of systemd with what `systemctl show` says of it."""

    name: str
    properties: tuple[tuple[str, str], ...]


class Login(NamedTuple):
    """Who looked: the account that logged in, or root where sudo was used; `mounts` is the table that it sees."""

    name: str
    uid: int
    groups: frozenset[int]
    mounts: int | None = None
    mount_namespace: str | None = None


class Machine(NamedTuple):
    """One host as its discovery saw it; `not_seen` has what was hidden, each with the right that would show it.

    `permissive` are the domains that SELinux lets do everything, though it enforces; None: nobody could look.
    Its name and fs.protected_symlinks are no part of it: `Basics` has them, of each world that is looked at.
    """

    system: str
    login: Login
    processes: tuple[Process, ...] = ()
    mount_tables: tuple[tuple[Mount, ...], ...] = ()
    units: tuple[Unit, ...] = ()
    selinux: str | None = None
    booleans: tuple[tuple[str, bool], ...] = ()
    apparmor: tuple[tuple[str, str], ...] = ()
    not_seen: tuple[tuple[str, str], ...] = ()
    kernel: tuple[KernelAnswer, ...] = ()
    permissive: tuple[str, ...] | None = None


def table_of(machine: Machine, number: int | None) -> tuple[Mount, ...] | None:
    """A table of mounts by its number; None where none was seen."""
    tables = machine.mount_tables
    return tables[number] if number is not None and 0 <= number < len(tables) else None


def mount_at(table: Iterable[Mount], path: str) -> Mount | None:
    """The mount that a path lies in, its links resolved: what was mounted last on the way to it.

    Where something was mounted over a directory, what had been mounted below that is out of reach.
    """
    table = tuple(table)
    numbers = {mount.number for mount in table}
    on: dict[int, list[Mount]] = {}
    for mount in table:
        if mount.point == path or path.startswith(f"{mount.point.rstrip('/')}/"):
            on.setdefault(mount.parent if mount.parent in numbers else 0, []).append(mount)
    found, below = None, on.pop(0, None)
    while below:
        found = min(reversed(below), key=lambda mount: len(mount.point))
        below = on.pop(found.number, None)
    return found


def is_of_this_machine(mount: Mount) -> bool:
    """Whether a mount shows files that the machine itself keeps: what is known to, and nothing of FUSE or a network."""
    return mount.kind in _OF_THE_MACHINE


_OF_THE_MACHINE = frozenset(
    (
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "nilfs2", "ufs"),
        *("tmpfs", "ramfs", "overlay", "aufs", "squashfs", "erofs", "cramfs"),
        *("iso9660", "udf", "vfat", "exfat", "msdos", "ntfs", "ntfs3", "hfsplus", "gfs2", "ocfs2"),
    )
)


def without_mounts(table: Iterable[Mount], points: Iterable[str]) -> tuple[Mount, ...]:
    """The table without what is mounted at some points; what lay on that lies on what was below it."""
    table, points = tuple(table), frozenset(points)
    above = {mount.number: mount.parent for mount in table if mount.point in points}
    left = []
    for mount in table:
        if mount.point not in points:
            while mount.parent in above:
                mount = mount._replace(parent=above[mount.parent])
            left.append(mount)
    return tuple(left)
