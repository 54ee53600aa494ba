"""A world of which only configuration files are known: nothing is claimed about the tree that a server serves.

`--tree none` wraps a source of evidence in this. Folders that the settings map a docroot to stay known by name; a
checkout keeps no owners and hardly any modes, so permissions below them are taken as sound.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.core.edit import Edit
from audit403.evidence.interface import DIRECTORY, Absent, Entry, Evidence, Group, NotCollected, Unreadable, User
from audit403.evidence.links import join

if TYPE_CHECKING:
    from audit403.evidence.machine import Machine

_NO_TREE = NotCollected("the tree is not part of this audit (--tree none)")
_SOMEBODY = 65534
_SOUND_DIRECTORY = Entry(DIRECTORY, 0o755, 0, 0)


class ConfigurationOnly:
    """Reads files through another source, and knows entries only below `known` folders (server path, path here)."""

    def __init__(self, inner: Evidence, known: tuple[tuple[str, str], ...] = ()) -> None:
        self._inner = inner
        self._known = tuple((server.rstrip("/"), here.rstrip("/")) for server, here in known)

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry below a known folder; the way to one is open, everything else is not collected."""
        here = self._here(path)
        if here is None:
            leads_there = any(server.startswith(path.rstrip("/") + "/") for server, _ in self._known)
            return _SOUND_DIRECTORY if leads_there else _NO_TREE
        entry = self._inner.entry(here)
        if not isinstance(entry, Entry):
            return entry
        mode = 0o755 if entry.kind == DIRECTORY or entry.mode & 0o100 else 0o644
        return Entry(entry.kind, mode, 0, 0, entry.target, size=entry.size)

    def exact(self, path: str) -> Entry | Absent | NotCollected:
        """The entry with its size and time."""
        return self.entry(path)

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of a file, which may be part of the configuration."""
        here = self._here(path)
        return self._inner.read(path if here is None else here)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in a directory below a known folder."""
        here = self._here(path)
        return _NO_TREE if here is None else self._inner.names(here)

    def entries(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected]:
        """What `entry` says of each of some names."""
        return (self.entry(join(directory, name)) for name in names)

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """Not in this form."""
        return None

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        """Users are not known here: root is root, everybody else somebody."""
        if name_or_uid in ("root", 0):
            return User("root", 0, 0)
        return User(str(name_or_uid), _SOMEBODY, _SOMEBODY)

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        """Groups are not known here."""
        return Group(str(name_or_gid), _SOMEBODY, ())

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        """No supplementary groups are known here."""
        return (primary_gid,)

    def protected_symlinks(self) -> bool | NotCollected:
        """Not known here."""
        return _NO_TREE

    def hostname(self) -> str | NotCollected:
        """Not known here."""
        return _NO_TREE

    def label(self, path: str) -> str | NotCollected | None:
        """Files are not looked at."""
        return NotCollected("only the configuration is looked at")

    def machine(self) -> "Machine | NotCollected":
        """Not known here."""
        return _NO_TREE

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same world after some edits."""
        return ConfigurationOnly(self._inner.with_changes(edits), self._known)

    def _here(self, path: str) -> str | None:
        for server, here in self._known:
            if path == server or path.startswith(server + "/"):
                return here + path[len(server) :]
        return None
