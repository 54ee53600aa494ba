"""A world of which only configuration files are known: nothing is claimed about the tree that a server serves.

`--tree none` wraps a source of evidence in this. Folders that the settings map a docroot to stay known.
"""

from collections.abc import Iterable

from audit403.core.edit import Edit
from audit403.evidence.interface import Absent, Entry, Evidence, Group, NotCollected, Unreadable, User

_NO_TREE = NotCollected("the tree is not part of this audit (--tree none)")


class ConfigurationOnly:
    """Reads files through another source, and knows entries only below `known` folders (server path, path here)."""

    def __init__(self, inner: Evidence, known: tuple[tuple[str, str], ...] = ()) -> None:
        self._inner = inner
        self._known = known

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        here = self._map(path)
        return _NO_TREE if here is None else self._inner.entry(here)

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        here = self._map(path)
        return self._inner.read(path if here is None else here)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        here = self._map(path)
        return _NO_TREE if here is None else self._inner.names(here)

    def user(self, name_or_uid: str | int) -> User | Absent | NotCollected:
        if name_or_uid == "root" or name_or_uid == 0:
            return User("root", 0, 0)
        name = str(name_or_uid)
        return User(name, _SOMEBODY, _SOMEBODY)

    def group(self, name_or_gid: str | int) -> Group | Absent | NotCollected:
        return Group(str(name_or_gid), _SOMEBODY, ())

    def group_ids(self, user: str, primary_gid: int) -> tuple[int, ...] | NotCollected:
        return (primary_gid,)

    def protected_symlinks(self) -> bool | NotCollected:
        return _NO_TREE

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        return ConfigurationOnly(self._inner.with_changes(edits), self._known)

    def _map(self, path: str) -> str | None:
        for server, here in self._known:
            if path == server or path.startswith(server.rstrip("/") + "/"):
                return here.rstrip("/") + path[len(server.rstrip("/")) :]
        return None


_SOMEBODY = 65534
