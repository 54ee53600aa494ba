"""The classes into which a walk through a tree sorts what it sees: one of each is asked, the others are counted."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Protocol

from audit403.evidence.interface import AclEntry, Entry
from audit403.explore.blocking import MOST_MEMBERS, Mounted, TreeStart
from audit403.explore.ordinary import quoted
from audit403.explore.subject import PURPOSE_DIRECTORY, PURPOSE_FILE, PURPOSE_HIDDEN, PURPOSE_HOME

MOST_ENTRIES = 10_000_000
MOST_DIRECTORIES = 2_000_000
AT_ONCE = 10_000
MOST_EACH = 10
"""So many directories of one class count each for itself; of the others one is asked, and their number is told."""
_SHOWN = 3
_NEAR = 1
"""So deep below the root every directory counts for itself: people type such addresses."""
SHOWN_DOT_NAMES = (".well-known",)
PAGES = frozenset(("html", "htm", "xhtml", "shtml", "php"))
INDEX_STEMS = ("index.", "default.", "home.")

Class = tuple[object, ...]
APART = "apart"
"""The end of the class of what a guard speaks of by its path."""


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

    def __init__(self, first: str, path: str, purpose: str, names: Collection[str] = ()) -> None:
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
        names: Callable[[], Collection[str]],
        telling: tuple[str, ...],
        has_page: bool,
        place: object,
    ) -> None:
        """Sort in a directory.

        `place` is what of the configuration is about it, `telling` are those of its names that are an index or look
        like one, `has_page` says whether there are pages.
        """
        near = directory.below.count("/") <= _NEAR and not directory.hidden
        each = near or directory.linked or has_page
        key: Class = ("directory", place, permissions(entry), telling, directory.hidden, each, directory.linked)
        if each:
            self._each[key] = number = self._each.get(key, 0) + 1
            if number <= MOST_EACH or not directory.below:
                key = ("directory", url)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Kind(url, directory.path, purpose_of(directory, url), names())
        kind.take(url, directory.path)

    def take_file(self, key: Class, url: str, path: str, is_hidden: bool) -> None:
        """Sort in a file, or whatever else is no directory."""
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = Kind(url, path, PURPOSE_HIDDEN if is_hidden else PURPOSE_FILE)
        kind.take(url, path)

    @property
    def most_members(self) -> int:
        """So many of a class are kept by name."""
        return MOST_MEMBERS

    def has_enough(self, key: Class, more: int) -> bool:
        """Whether there is nothing to be done for some more of a class but to count them, which is done."""
        kind = self._kinds.get(key)
        if kind is None or kind.count < MOST_MEMBERS:
            return False
        kind.count += more
        return True

    def take_files(self, key: Class, url: str, prefix: str, names: Iterable[str], count: int, is_hidden: bool) -> None:
        """Sort in files of one directory, sorted by bytes; `url` and `prefix` are what stands before their names."""
        kind = self._kinds.get(key)
        done = 0
        for name in names:
            if kind is None:
                purpose = PURPOSE_HIDDEN if is_hidden else PURPOSE_FILE
                kind = self._kinds[key] = Kind(url + name, prefix + name, purpose)
            if kind.count >= MOST_MEMBERS:
                break
            kind.take(url + name, prefix + name)
            done += 1
        if kind is not None:
            kind.count += count - done


def limit_reached(entries: int, directories: int) -> str | None:
    """Why a walk that has seen so much ends here, in words for what is left out."""
    if entries > MOST_ENTRIES:
        return f"more than {MOST_ENTRIES:,} files and folders were looked at before it: the rest was not"
    if directories > MOST_DIRECTORIES:
        return f"more than {MOST_DIRECTORIES:,} folders were looked at before it: the rest was not"
    return None


def telling_names(names: Collection[str], indexes: frozenset[str]) -> tuple[tuple[str, ...], bool]:
    """The names that are an index, or look like one; and whether there are pages among them all."""
    telling = tuple(name for name in names if name in indexes or name.lower().startswith(INDEX_STEMS))
    return telling, any(name.rpartition(".")[2].lower() in PAGES for name in names)


def hides(directory: Directory, name: str) -> bool:
    """Whether a name in a directory is one of those that are not shown."""
    return directory.hidden or (name.startswith(".") and name not in SHOWN_DOT_NAMES)


def purpose_of(directory: Directory, url: str) -> str:
    """Why a directory is asked for."""
    if url == "/":
        return PURPOSE_HOME
    return PURPOSE_HIDDEN if directory.hidden else PURPOSE_DIRECTORY


def permissions(entry: Entry) -> tuple[int, int, int, tuple[AclEntry, ...], int | None]:
    """What decides who may do what with an entry."""
    _, mode, uid, gid, _, acl, group_bits, *_ = entry
    return mode, uid, gid, acl, group_bits
