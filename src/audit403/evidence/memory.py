"""Evidence out of plain values: a snapshot, a repository's tree, a test's world.

It has no truth of its own: it gives back what it was built from, and says for the rest what the constructor was told.
"""

from collections.abc import Iterable, Iterator, Mapping
from errno import EINVAL, EISDIR, ENOTDIR
from typing import TYPE_CHECKING

from audit403.core.edit import Edit
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
from audit403.evidence.links import join, parent_of, real_path

if TYPE_CHECKING:
    from audit403.evidence.machine import Machine

_NOT_IN_IT = NotCollected("it was not collected")


class MemoryEvidence:
    """A world out of dicts with canonical paths as keys.

    A path that is not in `entries` is ABSENT when the world is `complete` or when its directory is in `listed` (the
    directories whose names are all known), else NotCollected. `users` and `groups` of None are not collected.
    """

    def __init__(
        self,
        entries: Mapping[str, Entry | Absent | NotCollected],
        contents: Mapping[str, bytes | NotCollected | Unreadable] | None = None,
        users: Iterable[User] | None = (),
        groups: Iterable[Group] | None = (),
        *,
        complete: bool = True,
        listed: Iterable[str] = (),
        protected_symlinks: bool | NotCollected = False,
        hostname: str | None = None,
    ) -> None:
        self._entries = entries
        self._contents = contents if contents is not None else {}
        self._users = None if users is None else tuple(users)
        self._groups = None if groups is None else tuple(groups)
        self._complete = complete
        self._listed = frozenset(listed)
        self._protected_symlinks = protected_symlinks
        self._hostname = hostname
        self._names_of: dict[str, list[str]] | None = None

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself (a link is not followed)."""
        known = self._entries.get(path)
        if known is not None:
            return known
        return ABSENT if self._complete or parent_of(path) in self._listed else _NOT_IN_IT

    def exact(self, path: str) -> Entry | Absent | NotCollected:
        """The entry with its size and time."""
        return self.entry(path)

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of the regular file that `path` leads to, links followed."""
        real = real_path(self, path)
        if not isinstance(real, str):
            return real
        entry = self.entry(real)
        if not isinstance(entry, Entry):
            return entry
        if entry.kind == DIRECTORY:
            return Unreadable(EISDIR, "Is a directory")
        if entry.kind != FILE:
            return Unreadable(EINVAL, "Not a regular file")
        return self._contents.get(real, _NOT_IN_IT)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in the directory `path`; not collected unless they are all known."""
        entry = self.entry(path)
        if not isinstance(entry, Entry):
            return entry
        if entry.kind != DIRECTORY:
            return Unreadable(ENOTDIR, "Not a directory")
        if not self._complete and path not in self._listed:
            return _NOT_IN_IT
        if self._names_of is None:
            self._names_of = _names_by_directory(self._entries)
        return tuple(self._names_of.get(path, ()))

    def entries(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected]:
        """What `entry` says of each of some names."""
        return (self.entry(join(directory, name)) for name in names)

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """Not in this form."""
        return None

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        """The user of this name or uid."""
        if self._users is None:
            return _NOT_IN_IT
        for user in self._users:
            if name_or_uid in (user.name, user.uid):
                return user
        return ABSENT

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        """The group of this name or gid."""
        if self._groups is None:
            return _NOT_IN_IT
        for group in self._groups:
            if name_or_gid in (group.name, group.gid):
                return group
        return ABSENT

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        """What initgroups(3) would give `user`: every group that lists the name, and `primary_gid`."""
        if self._groups is None:
            return _NOT_IN_IT
        return tuple(sorted({primary_gid, *(group.gid for group in self._groups if user in group.members)}))

    def protected_symlinks(self) -> bool | NotCollected:
        """Whether fs.protected_symlinks is on, as the constructor was told."""
        return self._protected_symlinks

    def hostname(self) -> str | NotCollected:
        """The machine's own name, as the constructor was told."""
        return _NOT_IN_IT if self._hostname is None else self._hostname

    def label(self, path: str) -> str | NotCollected | None:
        """Labels are not in it."""
        return _NOT_IN_IT

    def machine(self) -> "Machine | NotCollected":
        """What runs there is not in it."""
        return _NOT_IN_IT

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same world after `edits`."""
        from audit403.evidence.overlay import Overlay

        return Overlay(self, edits)


def _names_by_directory(entries: Mapping[str, Entry | Absent | NotCollected]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for path, entry in entries.items():
        if path != "/" and not isinstance(entry, Absent):
            names.setdefault(parent_of(path), []).append(path.rpartition("/")[2])
    for listing in names.values():
        listing.sort(key=_bytes_of)
    return names


def _bytes_of(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
