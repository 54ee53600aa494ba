"""A world of which the tree is not known, with what a server's own files most likely are in the place of the unknown.

Directories that the configuration names are there, so are the files that requests ask for; all of them are open, none
is a link. Files that would change the rules (`.htaccess`) are not there unless they are known.
"""

from collections.abc import Iterable

from audit403.core.edit import Edit
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import (
    ABSENT,
    DIRECTORY,
    FILE,
    Absent,
    Entry,
    Evidence,
    NotCollected,
)

_SOUND_DIRECTORY = Entry(DIRECTORY, 0o755, 0, 0)
_SOUND_FILE = Entry(FILE, 0o644, 0, 0)


class AssumedTree(Forwarding):
    """What `inner` says, and where it does not know, what is assumed.

    `directories` are there with all that leads to them, `files` are there and can be read through `inner`; `absent`
    are the names that no file has which is not known.
    """

    def __init__(
        self, inner: Evidence, directories: Iterable[str] = (), files: Iterable[str] = (), absent: Iterable[str] = ()
    ) -> None:
        super().__init__(inner)
        self._files = frozenset(files)
        self._absent = frozenset(absent)
        around = frozenset(path.rpartition("/")[0] for path in self._files)
        self._directories = frozenset(_ways_to((*directories, *around)))
        self._asked: frozenset[str] = frozenset()

    def asked_for(self, path: str) -> "AssumedTree":
        """The same world for a request for one path: a file, unless it ends in a slash, below directories."""
        found = AssumedTree(self._inner, (), self._files, self._absent)
        found._directories = self._directories
        found._asked = frozenset(_ways_to([path.rpartition("/")[0]]))
        return found

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry, or the likeliest one."""
        known = self._inner.entry(path)
        if not isinstance(known, NotCollected):
            return known
        if path in self._files:
            return _SOUND_FILE
        place = path.rstrip("/")
        if place in self._directories or place in self._asked:
            return _SOUND_DIRECTORY
        return ABSENT if path.rpartition("/")[2] in self._absent else _SOUND_FILE

    def is_named(self, path: str) -> bool:
        """Whether a path is a directory that is there for sure, as the configuration names it or something in it."""
        return path.rstrip("/") in self._directories

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same world after some edits."""
        found = self.asked_for("")
        found._inner, found._asked = self._inner.with_changes(edits), self._asked
        return found


def is_assumed(entry: Entry | None) -> bool:
    """Whether an entry is none that was seen."""
    return entry is _SOUND_FILE or entry is _SOUND_DIRECTORY


def _ways_to(directories: Iterable[str]) -> set[str]:
    """The directories and all above them; the root is the empty text."""
    found: set[str] = set()
    for path in directories:
        place = path.rstrip("/")
        while place not in found:
            found.add(place)
            place = place.rpartition("/")[0]
    return found
