"""The classes into which a walk through a tree sorts what it sees: one of each is asked, the others are counted."""

from collections.abc import Iterator
from typing import Protocol

from audit403.evidence.interface import AclEntry, Entry
from audit403.explore.blocking import MOST_MEMBERS, Mounted, TreeStart
from audit403.explore.ordinary import quoted
from audit403.explore.subject import PURPOSE_DIRECTORY, PURPOSE_FILE, PURPOSE_HIDDEN, PURPOSE_HOME

MOST_ENTRIES = 10_000_000
MOST_DIRECTORIES = 500_000
AT_ONCE = 10_000
MOST_EACH = 10
"""So many directories of one class count each for itself; of the others one is asked, and their number is told."""
_SHOWN = 3
_NEAR = 1
"""So deep below the root every directory counts for itself: people type such addresses."""
_SHOWN_DOT_NAMES = (".well-known",)
_PAGES = frozenset(("html", "htm", "xhtml", "shtml", "php"))
_INDEX_STEMS = ("index.", "default.", "home.")

Class = tuple[object, ...]


class Directory(Protocol):
    """A directory on the walk: `below` is its path below the mount, `linked` whether a link led to it."""

    @property
    def below(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def hidden(self) -> bool: ...  # noqa: D102
    @property
    def linked(self) -> bool: ...  # noqa: D102


class Kind:
    """One class while it is counted."""

    __slots__ = ("count", "examples", "first", "members", "names", "path", "purpose")

    def __init__(self, first: str, path: str, purpose: str, names: tuple[str, ...] = ()) -> None:
        self.first, self.path, self.purpose, self.names = first, path, purpose, names
        self.count = 0
        self.examples: list[str] = []
        self.members: list[str] = []

    def take(self, url: str, path: str) -> None:
        """Count one of them."""
        self.count += 1
        if self.count <= MOST_MEMBERS:
            self.members.append(path)
            if self.count <= _SHOWN:
                self.examples.append(url)

    def start(self, mount: Mounted) -> TreeStart:
        """What is asked for all of them."""
        target, members = quoted(self.first), tuple(self.members)
        return TreeStart(target, self.purpose, self.path, self.names, self.count, tuple(self.examples), members, mount)


class Classes:
    """What a walk has seen."""

    def __init__(self) -> None:
        self._kinds: dict[Class, Kind] = {}
        self._each: dict[Class, int] = {}

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def take_directory(
        self,
        directory: Directory,
        url: str,
        entry: Entry,
        names: tuple[str, ...],
        indexes: frozenset[str],
        place: object,
    ) -> None:
        """Sort in a directory; `place` is what of the configuration is about it, `indexes` the names of index files."""
        telling = tuple(name for name in names if name in indexes or name.lower().startswith(_INDEX_STEMS))
        near = directory.below.count("/") <= _NEAR and not directory.hidden
        each = near or directory.linked or any(name.rpartition(".")[2].lower() in _PAGES for name in names)
        key: Class = ("directory", place, permissions(entry), telling, directory.hidden, each, directory.linked)
        if each:
            self._each[key] = number = self._each.get(key, 0) + 1
            if number <= MOST_EACH or not directory.below:
                key = ("directory", url)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Kind(url, directory.path, purpose_of(directory, url), names)
        kind.take(url, directory.path)

    def take_file(self, key: Class, url: str, path: str, is_hidden: bool) -> None:
        """Sort in a file, or whatever else is no directory."""
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Kind(url, path, PURPOSE_HIDDEN if is_hidden else PURPOSE_FILE)
        kind.take(url, path)


def hides(directory: Directory, name: str) -> bool:
    """Whether a name in a directory is one of those that are not shown."""
    return directory.hidden or (name.startswith(".") and name not in _SHOWN_DOT_NAMES)


def purpose_of(directory: Directory, url: str) -> str:
    """Why a directory is asked for."""
    if url == "/":
        return PURPOSE_HOME
    return PURPOSE_HIDDEN if directory.hidden else PURPOSE_DIRECTORY


def permissions(entry: Entry) -> tuple[int, int, int, tuple[AclEntry, ...], int | None]:
    """What decides who may do what with an entry."""
    _, mode, uid, gid, _, acl, group_bits, *_ = entry
    return mode, uid, gid, acl, group_bits
