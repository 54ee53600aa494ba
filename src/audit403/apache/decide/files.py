"""The file system as httpd's children see it: apr_stat and apr_file_open, errno for errno.

Truth: file_io/unix of APR. What the evidence does not show raises Undecided.
"""

from errno import EACCES, ELOOP, EMLINK, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO
from os import strerror

from audit403.core.decision import REASON_FILE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided
from audit403.core.place import Place
from audit403.evidence.assumed import is_assumed
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Entry, exact_entry
from audit403.files.resolve import Blocker, Resolution, Resolver, place_of

_MESSAGES = {
    EACCES: "Permission denied",
    ENOENT: "No such file or directory",
    ENOTDIR: "Not a directory",
    ELOOP: "Too many levels of symbolic links",
    EMLINK: "Too many links",
    ENAMETOOLONG: "File name too long",
    ENXIO: "No such device or address",
}


class Seen(NamedTuple):
    """How a call ended: `errno` 0 and an entry, or an error and, where a permission refused, what refused it."""

    errno: int
    entry: Entry | None
    path: str
    blocker: Blocker | None = None

    def why(self, otherwise: str) -> str:
        """Why it was refused: in the words of what refuses whatever the modes say, or in these."""
        return otherwise if self.blocker is None or self.blocker.kept is None else self.blocker.kept.why

    @property
    def is_directory(self) -> bool:
        """Whether a directory is there."""
        return self.entry is not None and self.entry.kind == DIRECTORY

    @property
    def is_file(self) -> bool:
        """Whether a regular file is there."""
        return self.entry is not None and self.entry.kind == FILE

    @property
    def is_link(self) -> bool:
        """Whether it is a link, not followed."""
        return self.entry is not None and self.entry.kind == LINK


class Files:
    """The file system for one identity."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def stat(self, path: str) -> Seen:
        """stat(2)."""
        return _seen(self.resolver.stat(_whole(path)))

    def lstat(self, path: str) -> Seen:
        """lstat(2) of a path without a last slash."""
        return _seen(self.resolver.lstat(_whole(path)))

    def open(self, path: str) -> Seen:
        """open(2) for reading."""
        return _seen(self.resolver.open(_whole(path)))

    def execute(self, path: str) -> Seen:
        """access(2) for running a file."""
        return _seen(self.resolver.execute(path))

    def list(self, path: str) -> Seen:
        """opendir(3)."""
        return _seen(self.resolver.list(_whole(path)))

    def exact(self, seen: Seen) -> Entry:
        """What a call has found, with its size and time. Raises Undecided where they were not collected."""
        assert seen.entry is not None
        found = exact_entry(self.resolver.evidence, seen.path, seen.entry)
        if found is None and not is_assumed(seen.entry):
            raise Undecided(Missing(REASON_FILE, f"the size of {seen.path}"))
        return seen.entry if found is None else found

    def size(self, seen: Seen) -> int:
        """How long what a call has found is. Raises Undecided where that was not collected."""
        return self.exact(seen).size or 0

    def place(self, seen: Seen) -> Place:
        """Where a call has failed, or what it has found; what is assumed of a file is not told."""
        if seen.blocker is not None:
            return seen.blocker.place
        return place_of(self.resolver.evidence, seen.path, None if is_assumed(seen.entry) else seen.entry)


def error_text(errno: int) -> str:
    """An error as httpd writes it before its message."""
    return f"({errno}){_MESSAGES.get(errno) or strerror(errno)}: "


def _whole(path: str) -> str:
    """A path as the children see it, whose working directory is the root."""
    return path if path.startswith("/") else f"/{path}"


def _seen(found: Resolution) -> Seen:
    if found.missing is not None:
        raise Undecided(found.missing)
    return Seen(found.errno, None if found.errno else found.entry, found.path, found.blocker)
