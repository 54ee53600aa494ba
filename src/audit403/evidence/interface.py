"""The one interface of every source of evidence: this machine, a host over SSH, a snapshot, a repository checkout.

Point questions are answered with what is there, with ABSENT, or with NotCollected; nothing is ever guessed. Paths are
absolute strings (UTF-8 with surrogate escapes).
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from audit403.core.edit import Edit
from audit403.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from audit403.evidence.machine import Machine

DIRECTORY, FILE, LINK, FIFO, SOCKET, BLOCK, CHARACTER = "d", "f", "l", "p", "s", "b", "c"


class AclEntry(NamedTuple):
    """One named entry of a POSIX ACL: `tag` is user, group or mask; `id` is the uid or gid (None for mask)."""

    tag: str
    id: int | None
    bits: int


class Entry(NamedTuple):
    """One directory entry, as lstat and the ACL show it.

    `mode` is st_mode & 07777. With an ACL the mode's group digit is the mask, as in the kernel, and `group_bits` is
    what the ACL grants the owning group. `target` is a link's text; `mtime` is in seconds. Where `size` is None
    neither was collected, and `exact_entry` asks for both; a world may have sizes and no times.
    """

    kind: str
    mode: int
    uid: int
    gid: int
    target: str | None = None
    acl: tuple[AclEntry, ...] = ()
    group_bits: int | None = None
    size: int | None = 0
    mtime: int | None = None


def exact_entry(evidence: "Evidence", path: str, entry: Entry) -> Entry | None:
    """An entry with its size and time; None where the evidence does not show them."""
    if entry.size is not None:
        return entry
    found = evidence.exact(path)
    return found if isinstance(found, Entry) and found.size is not None else None


class Absent(NamedTuple):
    """The evidence shows that nothing is there."""


class NotCollected(NamedTuple):
    """The evidence does not show it; `reason` says why in a few words."""

    reason: str


class Unreadable(NamedTuple):
    """Reading failed as it would for root too: a directory, an I/O error."""

    errno: int
    message: str


ABSENT = Absent()


def reason_of(answer: Absent | NotCollected | Unreadable) -> str:
    """Why something could not be read, in a few words."""
    if isinstance(answer, Absent):
        return "no such file"
    return answer.reason if isinstance(answer, NotCollected) else answer.message


class User(NamedTuple):
    """One line of the user database; `home` None is not known."""

    name: str
    uid: int
    gid: int
    home: str | None = None


class Group(NamedTuple):
    """One line of the group database; `members` are the names listed in it."""

    name: str
    gid: int
    members: tuple[str, ...]


class Evidence(Protocol):
    """A read-only world. `with_changes` is the same world after some edits, without touching it."""

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself; a link is not followed. `path` is canonical: its parents are real directories."""
        ...

    def exact(self, path: str) -> Entry | Absent | NotCollected:
        """What `entry` says, with size and time: of large trees they are collected only when somebody asks."""
        ...

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of the regular file that `path` leads to, links followed, as root would read it."""
        ...

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in the directory `path`, sorted by bytes, without `.` and `..`."""
        ...

    def entries(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected]:
        """What `entry` says of each of some names of a canonical directory; many of them are not kept."""
        ...

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """The entries of a canonical directory with the names that have each, a NUL around every name; links have no
        target. None where the evidence does not have all of them in this form, and where one of them has an ACL.
        """
        ...

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        """The user of this name or uid."""
        ...

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        """The group of this name or gid."""
        ...

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        """What initgroups(3) would give `user` with this primary group: sorted gids, `primary_gid` among them."""
        ...

    def protected_symlinks(self) -> bool | NotCollected:
        """Whether fs.protected_symlinks is on."""
        ...

    def hostname(self) -> str | NotCollected:
        """The machine's own name, as gethostname(2) says it."""
        ...

    def label(self, path: str) -> str | NotCollected | None:
        """The SELinux context of the entry at a canonical path; None where it has none."""
        ...

    def machine(self) -> "Machine | NotCollected":
        """What runs there and what it sees."""
        ...

    def with_changes(self, edits: Iterable[Edit]) -> "Evidence":
        """The same world after `edits`."""
        ...
