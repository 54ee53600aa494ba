"""The file system while one DAV request changes it: a server's system calls, made in the model.

Truth: rename(2), unlink(2), rmdir(2), mkdir(2) and open(2) as fs/namei.c has them. A call changes this view only; the
evidence below stays as it is.
"""

from collections.abc import Iterable
from errno import EACCES, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, ENXIO

from audit403.core.decision import REASON_STATE, Missing
from audit403.core.edit import Edit
from audit403.core.open_question import Undecided
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import (
    ABSENT,
    BLOCK,
    CHARACTER,
    DIRECTORY,
    FIFO,
    FILE,
    LINK,
    SOCKET,
    Absent,
    Entry,
    Evidence,
    NotCollected,
    Unreadable,
)
from audit403.evidence.links import MAXIMUM_LINKS, join, parent_of
from audit403.files.identity import Identity
from audit403.files.permission import WRITE, permitted
from audit403.files.resolve import NEED_WRITE, NOT_KNOWN, Blocker, Resolution, Resolver, place_of

# A server hands its own umask down; the owner's bits, which are all that counts here, are in none that is in use.
_UMASK = 0o022


class ChangedEvidence(Forwarding):
    """An evidence with some entries made and others gone."""

    def __init__(self, base: Evidence) -> None:
        super().__init__(base)
        self.changed: dict[str, Entry | Absent] = {}

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself."""
        changed = self.changed.get(path)
        return self._inner.entry(path) if changed is None else changed

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names that are left in the directory `path`, and those that were made."""
        made = isinstance(self.changed.get(path), Entry)
        before = () if made else self._inner.names(path)
        if isinstance(before, Absent | NotCollected | Unreadable):
            return before
        names = set(before)
        for changed, entry in self.changed.items():
            if parent_of(changed) == path and changed != "/":
                name = changed.rpartition("/")[2]
                names = names - {name} if isinstance(entry, Absent) else names | {name}
        return tuple(sorted(names))

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same world after `edits`."""
        from audit403.evidence.overlay import Overlay

        return Overlay(self, edits)


class ChangingTree:
    """What the worker sees and does. Each call raises Undecided when the evidence does not show how it ends."""

    def __init__(self, evidence: Evidence, identity: Identity) -> None:
        self.before = evidence
        self.evidence = ChangedEvidence(evidence)
        self.identity = identity
        self.walked = 0
        self._resolver = Resolver(self.evidence, identity)

    def stat(self, path: str) -> Resolution:
        """stat(2)."""
        return _known(self._resolver.stat(path))

    def lstat(self, path: str) -> Resolution:
        """lstat(2)."""
        return _known(self._resolver.lstat(path))

    def open(self, path: str) -> Resolution:
        """open(2) for reading; without O_NONBLOCK a FIFO waits for a writer."""
        found = _known(self._resolver.open(path))
        if not found.errno and found.entry is not None and found.entry.kind == FIFO:
            raise Undecided(Missing(REASON_STATE, f"who writes to the FIFO {found.path}"))
        return found

    def opendir(self, path: str) -> Resolution:
        """opendir(3)."""
        return _known(self._resolver.list(path))

    def names(self, directory: str) -> tuple[str, ...]:
        """The names in the canonical `directory`."""
        names = self.evidence.names(directory)
        if isinstance(names, Absent | NotCollected | Unreadable):
            raise Undecided(Missing("file-not-collected", directory))
        return names

    def unlink(self, path: str) -> Resolution:
        """unlink(2)."""
        found = _known(self._resolver.may_delete(path))
        if not found.errno and found.entry is not None and found.entry.kind == DIRECTORY:
            return found._replace(errno=EISDIR)
        if not found.errno:
            self._change(found.path, ABSENT)
        return found

    def may_delete(self, path: str) -> Resolution:
        """Whether rmdir(2) may delete the directory `path` once it is empty."""
        return _known(self._resolver.may_delete(path.rstrip("/") or path))

    def rmdir(self, path: str) -> Resolution:
        """rmdir(2), which tells what is no directory only where it may delete, whatever slash stands behind it."""
        found = self.may_delete(path)
        if found.errno or found.entry is None:
            return found
        if found.entry.kind != DIRECTORY:
            return found._replace(errno=ENOTDIR)
        if self.names(found.path):
            return found._replace(errno=ENOTEMPTY)
        self._change(found.path, ABSENT)
        return found

    def mkdir(self, path: str, mode: int) -> Resolution:
        """mkdir(2): what is there already is told before a missing permission."""
        bare = path.rstrip("/")
        if path and not bare:
            return self.stat("/")._replace(errno=EEXIST)
        there = self.lstat(bare)
        if there.errno != ENOENT:
            return there if there.errno else there._replace(errno=EEXIST)
        directory = _known(self._resolver.may_write_directory(head_of(bare)))
        if directory.errno or directory.entry is None:
            return directory
        gid, bits = self.identity.gid, mode & ~_UMASK
        if directory.entry.mode & 0o2000:
            gid, bits = directory.entry.gid, bits | 0o2000
        made = join(directory.path, bare.rpartition("/")[2])
        entry = Entry(DIRECTORY, bits, self.identity.uid, gid)
        self._change(made, entry)
        return Resolution(0, made, entry)

    def rename(self, source: str, target: str) -> int:
        """rename(2): its errno. Nothing is moved in this view: it is the last call of every request that makes it."""
        old = self.lstat(source.rstrip("/") or "/")
        if old.errno or old.entry is None:
            return old.errno
        is_directory = old.entry.kind == DIRECTORY
        if not is_directory and (source.endswith("/") or target.endswith("/")):
            return ENOTDIR
        new = self.lstat(target.rstrip("/") or "/")
        if new.errno not in (0, ENOENT):
            return new.errno
        directory = self.stat(head_of(target))
        if directory.errno:
            return directory.errno
        place = join(directory.path, target.rstrip("/").rpartition("/")[2])
        if new.errno == 0 and new.path == old.path:
            return 0
        if is_directory and place.startswith(old.path + "/"):
            return EINVAL
        if old.path.startswith(place + "/"):
            return ENOTEMPTY
        leaving = _known(self._resolver.may_delete(source.rstrip("/")))
        if leaving.errno:
            return leaving.errno
        errno = self._may_take(target, new, is_directory)
        if errno or not is_directory or parent_of(old.path) == directory.path:
            return errno
        # Another parent: the directory's own `..` changes.
        return 0 if permitted(old.entry, self.identity, WRITE) else EACCES

    def replace(self, target: str) -> int:
        """rename(2) of a file of the worker's own from elsewhere: its errno."""
        new = self.lstat(target)
        if new.errno not in (0, ENOENT):
            return new.errno
        directory = self.stat(head_of(target))
        return directory.errno or self._may_take(target, new, False)

    def create(self, path: str) -> Resolution:
        """open(2) with O_WRONLY | O_CREAT | O_TRUNC; a dangling link makes what it leads to."""
        for _ in range(MAXIMUM_LINKS + 1):
            found = self.stat(path)
            if found.errno != ENOENT:
                break
            itself = self.lstat(path)
            if itself.errno or itself.entry is None or itself.entry.kind != LINK or not itself.entry.target:
                return self.may_create(path)
            path = join(parent_of(itself.path), itself.entry.target)
            if itself.entry.target.startswith("/"):
                path = itself.entry.target
        if found.errno or found.entry is None:
            return found
        return self._may_write(found, found.entry)

    def may_create(self, path: str) -> Resolution:
        """Whether a file can be made at `path`, where nothing is (open(2) with O_CREAT and O_EXCL)."""
        return _known(self._resolver.may_write_directory(head_of(path)))

    def kind_before(self, path: str) -> str | None:
        """What stat(2) said of `path` before the request, or None."""
        found = _known(Resolver(self.before, self.identity).stat(path))
        return None if found.errno or found.entry is None else found.entry.kind

    def leads_inside(self, link: str, top: str) -> bool:
        """Whether the link leads to, or over, something below `top` that may be deleted before it is looked at."""
        return any(path.startswith(top + "/") for path in self._passed(link))

    def _passed(self, link: str) -> list[str]:
        """The canonical places that a walk from `link` passes: each link that it follows, and its end."""
        resolver = Resolver(self.before, self.identity)
        passed: list[str] = []
        path = link
        for _ in range(MAXIMUM_LINKS):
            itself = _known(resolver.lstat(path))
            if itself.errno or itself.entry is None:
                break
            if path != link:
                passed.append(itself.path)
            if itself.entry.kind != LINK or not itself.entry.target:
                break
            target = itself.entry.target
            path = target if target.startswith("/") else join(parent_of(itself.path), target)
        return passed

    def _may_write(self, found: Resolution, entry: Entry) -> Resolution:
        if entry.kind == DIRECTORY:
            return found._replace(errno=EISDIR)
        if not permitted(entry, self.identity, WRITE):
            blocker = Blocker(place_of(self.evidence, found.path, entry), NEED_WRITE)
            return found._replace(errno=EACCES, blocker=blocker)
        if entry.kind == SOCKET:
            return found._replace(errno=ENXIO)
        if entry.kind in (FIFO, BLOCK, CHARACTER):
            raise Undecided(Missing(REASON_STATE, f"who reads from {found.path}"))
        if entry.kind == FILE and self._is_protected(found.path, entry):
            raise Undecided(Missing(REASON_STATE, "fs.protected_regular"))
        return found

    def _is_protected(self, path: str, entry: Entry) -> bool:
        """Whether fs.protected_regular could refuse O_CREAT on a file that is there (may_create_in_sticky)."""
        directory = self.evidence.entry(parent_of(path))
        if not isinstance(directory, Entry) or not directory.mode & 0o1000 or not directory.mode & 0o022:
            return False
        return entry.uid not in (self.identity.uid, directory.uid)

    def _may_take(self, target: str, new: Resolution, is_directory: bool) -> int:
        if new.errno:
            return _known(self._resolver.may_write_directory(head_of(target))).errno
        found = _known(self._resolver.may_delete(target.rstrip("/")))
        if found.errno or found.entry is None:
            return found.errno
        if is_directory:
            return ENOTDIR if found.entry.kind != DIRECTORY else ENOTEMPTY if self.names(found.path) else 0
        return EISDIR if found.entry.kind == DIRECTORY else 0

    def _change(self, path: str, entry: Entry | Absent) -> None:
        self.evidence.changed[path] = entry
        self._resolver = Resolver(self.evidence, self.identity)


def head_of(path: str) -> str:
    """The part of a path before its last name."""
    return path.rstrip("/").rpartition("/")[0] or "/"


def _known(found: Resolution) -> Resolution:
    if found.errno == NOT_KNOWN or found.missing is not None:
        raise Undecided(found.missing or Missing(REASON_STATE, found.path))
    return found
