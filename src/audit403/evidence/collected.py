"""What was collected of one host, and the world that it makes: a live audit and a snapshot answer from the same record.

Only what was read is in it. Secrets are taken out on the way in, so that both know the same.
"""

from collections.abc import Iterable, Iterator
from errno import EINVAL, EISDIR, ENOTDIR
from typing import Protocol

from audit403.core.edit import Edit
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.directories import Directories
from audit403.evidence.interface import (
    ABSENT,
    DIRECTORY,
    FILE,
    Absent,
    Entry,
    Evidence,
    Group,
    NotCollected,
    Unreadable,
    User,
)
from audit403.evidence.kernel import KernelAnswer
from audit403.evidence.links import join, parent_of, real_path
from audit403.evidence.machine import Machine, Process, table_of

NOT_IN_IT = NotCollected("it was not collected")
_NO_LABEL = NotCollected("its SELinux label was not collected")
_PROC = NotCollected("every process sees a /proc of its own")

Answer = Entry | Absent | NotCollected
Content = bytes | Absent | NotCollected | Unreadable


class Basics(NamedTuple):
    """What is asked of every host first; `enumerated` says whether all users and groups are in the lists."""

    hostname: str
    protected_symlinks: bool | None
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()


class Collected:
    """The record: it grows while a host is audited, and is what a snapshot holds. Keys are canonical paths."""

    def __init__(self) -> None:
        self.basics: Basics | None = None
        self.machine: Machine | None = None
        self.gaps: dict[str, str] = {}
        """What the host cannot tell as a whole, each with the reason."""
        self.trees = Directories()
        """Whole trees that were listed in one stream; `tree_roots` are those that were asked for."""
        self.tree_roots: set[str] = set()
        self.listed: dict[str, tuple[str, ...]] = {}
        """The names in each directory that was listed, sorted by bytes; what each is, is in `entries`."""
        self.unlisted: dict[str, NotCollected | Unreadable] = {}
        self.entries: dict[str, Answer] = {}
        self.contents: dict[str, Content] = {}
        self.labels: dict[str, str] = {}
        """SELinux's contexts, where it enforces."""
        self.labelled: set[str] = set()
        """The tops of trees of which `labels` has all that are of another type than their top."""
        self.users: dict[str | int, User | Absent | NotCollected] = {}
        self.groups: dict[str | int, Group | Absent | NotCollected] = {}
        self.views: dict[str, Collected] = {}
        """What processes with another root see, by that root."""
        self.memberships: dict[str, tuple[int, ...] | NotCollected] = {}
        """The groups that list a user, by name; their own group only where it lists them."""

    def entry(self, path: str) -> Answer | None:
        """What is known of a path; None where nobody has looked."""
        known = self.entries.get(path)
        if known is None:
            known = self.trees.entry(path)
        if known is not None:
            return known
        while path != "/":
            above = parent_of(path)
            if above in self.listed:
                return ABSENT
            found = self.entries.get(above) or self.trees.entry(above)
            if isinstance(found, Absent) or (isinstance(found, Entry) and found.kind != DIRECTORY):
                return ABSENT
            if found is not None:
                return None
            path = above
        return None

    def label(self, path: str) -> str | None:
        """What is known of a label; None where nobody has looked. Another file system in a tree has its own."""
        known = self.labels.get(path)
        if known is not None or not self.labelled:
            return known
        top = max((one for one in self.labelled if path.startswith(f"{one}/")), key=len, default=None)
        if top is None or any(f"{path}/".startswith(f"{point}/") for point in self._points_below(top)):
            return None
        return self.labels.get(top)

    def _points_below(self, top: str) -> list[str]:
        machine = self.machine
        table = None if machine is None else table_of(machine, machine.login.mounts)
        return [mount.point for mount in table or () if mount.point.startswith(f"{top}/")]

    def add_directory(self, path: str, entries: dict[str, Answer]) -> None:
        """A directory with all that is in it."""
        names = sorted(entries, key=_bytes_of)
        self.listed[path] = tuple(names)
        self.unlisted.pop(path, None)
        for name in names:
            self.entries.setdefault(join(path, name), entries[name])


class Collector(Protocol):
    """Asks a host for what the record lacks, and puts it there; raises HostError where the host is gone.

    `failed` is the first such error: from then on there is nothing more to be had.
    """

    @property
    def failed(self) -> Exception | None:
        """What ended it."""
        ...

    def look_at(self, path: str) -> None:
        """The entry at a canonical path, and its directory where that is not too large."""
        ...

    def list_directory(self, path: str) -> None:
        """A directory's names and entries."""
        ...

    def read(self, path: str) -> None:
        """The content of the regular file at a canonical path."""
        ...

    def view(self, root: str) -> "Collector":
        """The same for what is seen from another root."""
        ...

    def take_folders(self, folders: Iterable[str]) -> None:
        """Folders of configuration at once: their directories, and the contents of the files that are not large."""
        ...

    def take_trees(self, roots: Iterable[str]) -> None:
        """Whole trees at once, with the ways to them."""
        ...

    def ask_kernel(self, worker: Process, roots: Iterable[str]) -> KernelAnswer | None:
        """What the kernel lets a worker do in trees, by their real paths as it sees them; None: it cannot be asked."""
        ...

    def take_ways(self, paths: Iterable[str]) -> None:
        """The directories on the way to some paths at once."""
        ...

    def look_up(self, user: str | int | None, group: str | int | None) -> None:
        """A user or a group that is not in the lists."""
        ...


NO_GETFACL = "they do not show there: getfacl is not installed"
"""Why ACLs are among the gaps of a record."""


class CollectedEvidence:
    """The world of a record. With a collector what is missing is asked for; without one it is not collected."""

    def __init__(self, collected: Collected, collector: Collector | None = None) -> None:
        self.collected = collected
        self.collector = collector
        self._without_label: set[str] = set()

    def seen_from(self, root: str, machine: Machine) -> "CollectedEvidence | None":
        """The world of processes with another root, with the machine as they see it; None where nobody looked."""
        collector = None if self.collector is None else self.collector.view(root)
        collected = self.collected.views.get(root)
        if collected is None:
            return None
        collected.machine = machine
        return CollectedEvidence(collected, collector)

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself (a link is not followed)."""
        if path.startswith("/proc/"):
            return _PROC
        known = self.collected.entry(path)
        if known is None and self.collector is not None and "\0" not in path:
            self.collector.look_at(path)
            known = self.collected.entry(path)
        return NOT_IN_IT if known is None else known

    def exact(self, path: str) -> Entry | Absent | NotCollected:
        """The entry with its size and time, which trees do not have."""
        known = self.collected.entries.get(path)
        if isinstance(known, Entry) and known.size is not None:
            return known
        if self.collector is not None and "\0" not in path:
            self.collector.look_at(path)
            return self.collected.entries.get(path, NOT_IN_IT)
        known = self.collected.entry(path)
        return known if isinstance(known, Absent) else NOT_IN_IT

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of the regular file that `path` leads to, links followed."""
        known = self.collected.contents.get(path)
        if isinstance(known, bytes):
            return known
        real = real_path(self, path)
        if not isinstance(real, str):
            return real
        known = self.collected.contents.get(real)
        if known is not None:
            return known
        entry = self.entry(real)
        if not isinstance(entry, Entry):
            return entry
        if entry.kind == DIRECTORY:
            return Unreadable(EISDIR, "Is a directory")
        if entry.kind != FILE:
            return Unreadable(EINVAL, "Not a regular file")
        if self.collector is not None:
            self.collector.read(real)
        return self.collected.contents.get(real, NOT_IN_IT)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in the directory `path`, sorted by bytes."""
        known = self._known_names(path)
        if known is not None and not isinstance(known, Absent | NotCollected | Unreadable):
            return known
        real = real_path(self, path)
        if not isinstance(real, str):
            return real
        known = self._known_names(real)
        if known is None and self.collector is not None:
            entry = self.entry(real)
            if not isinstance(entry, Entry):
                return entry
            if entry.kind != DIRECTORY:
                return Unreadable(ENOTDIR, "Not a directory")
            self.collector.list_directory(real)
            known = self._known_names(real)
        return NOT_IN_IT if known is None else known

    def _known_names(self, real: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable | None:
        names = self.collected.listed.get(real)
        if names is not None:
            return names
        listed = self.collected.trees.names(real)
        return self.collected.unlisted.get(real) if listed is None else listed

    def entries(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected]:
        """What `entry` says of each of some names of a canonical directory."""
        if directory in self.collected.listed or directory not in self.collected.trees.nodes:
            return (self.entry(join(directory, name)) for name in names)
        return self._in_tree(directory, tuple(names))

    def _in_tree(self, directory: str, names: tuple[str, ...]) -> Iterator[Entry | Absent | NotCollected]:
        for name, found in zip(names, self.collected.trees.entries(directory, names), strict=True):
            yield self.entry(join(directory, name)) if found is None else found

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """The names of a directory of a listed tree, by what they have in common."""
        return None if directory in self.collected.listed else self.collected.trees.groups(directory)

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        """The user of this name or uid."""
        known = self.collected.users.get(name_or_uid)
        if known is None and self.collector is not None:
            self.collector.look_up(name_or_uid, None)
            known = self.collected.users.get(name_or_uid)
        return NOT_IN_IT if known is None else known

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        """The group of this name or gid."""
        known = self.collected.groups.get(name_or_gid)
        if known is None and self.collector is not None:
            self.collector.look_up(None, name_or_gid)
            known = self.collected.groups.get(name_or_gid)
        return NOT_IN_IT if known is None else known

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        """What initgroups(3) would give `user`: the groups that list the name, and the given one."""
        known = self.collected.memberships.get(user)
        if known is None and self.collector is not None:
            self.collector.look_up(user, None)
            known = self.collected.memberships.get(user)
        if known is None:
            return NOT_IN_IT
        return known if isinstance(known, NotCollected) else tuple(sorted({primary_gid, *known}))

    def protected_symlinks(self) -> bool | NotCollected:
        """Whether fs.protected_symlinks is on."""
        basics = self.collected.basics
        return NOT_IN_IT if basics is None or basics.protected_symlinks is None else basics.protected_symlinks

    def hostname(self) -> str | NotCollected:
        """The machine's own name."""
        return NOT_IN_IT if self.collected.basics is None else self.collected.basics.hostname

    def label(self, path: str) -> str | NotCollected | None:
        """The SELinux context of the entry at a canonical path: those of its whole directory come with it."""
        known = self.collected.label(path) if isinstance(self.entry(path), Entry) else None
        if known is None and path not in self._without_label and self.collector is not None and "\0" not in path:
            self._without_label.add(path)
            self.collector.look_at(path)
            known = self.collected.labels.get(path)
        return _NO_LABEL if known is None else known

    def machine(self) -> Machine | NotCollected:
        """What runs there and what it sees."""
        return self.collected.machine or NOT_IN_IT

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same world after `edits`; the host itself is not touched."""
        from audit403.evidence.overlay import Overlay

        return Overlay(self, edits)


def _bytes_of(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
