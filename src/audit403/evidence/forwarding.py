"""A source of evidence that says what another one says: the base of those that change a few answers of it."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.evidence.interface import Absent, Entry, Evidence, Group, NotCollected, Unreadable, User
from audit403.evidence.links import join

if TYPE_CHECKING:
    from audit403.evidence.machine import Machine


class Forwarding:
    """Everything as `inner` has it, except that `entries` goes by this world's own `entry`."""

    def __init__(self, inner: Evidence) -> None:
        self._inner = inner

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself (a link is not followed)."""
        return self._inner.entry(path)

    def exact(self, path: str) -> Entry | Absent | NotCollected:
        """The entry as this world has it, with the size and the time that the inner one has of it."""
        own = self.entry(path)
        if not isinstance(own, Entry) or own.size is not None:
            return own
        found = self._inner.exact(path)
        return own._replace(size=found.size, mtime=found.mtime) if isinstance(found, Entry) else own

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of the regular file that `path` leads to, links followed."""
        return self._inner.read(path)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in the directory `path`, sorted by bytes."""
        return self._inner.names(path)

    def entries(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected]:
        """What `entry` says of each of some names."""
        return (self.entry(join(directory, name)) for name in names)

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """Not in this form."""
        return None

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        """The user of this name or uid."""
        return self._inner.user(name_or_uid)

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        """The group of this name or gid."""
        return self._inner.group(name_or_gid)

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        """What initgroups(3) would give `user`."""
        return self._inner.group_ids(user, primary_gid)

    def protected_symlinks(self) -> bool | NotCollected:
        """Whether fs.protected_symlinks is on."""
        return self._inner.protected_symlinks()

    def hostname(self) -> str | NotCollected:
        """The machine's own name."""
        return self._inner.hostname()

    def label(self, path: str) -> str | NotCollected | None:
        """The SELinux context of the entry at a canonical path."""
        return self._inner.label(path)

    def machine(self) -> "Machine | NotCollected":
        """What runs there and what it sees."""
        return self._inner.machine()
