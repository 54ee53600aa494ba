"""Walks a path for one identity as the Linux kernel does: with which errno it ends, and at which component.

The order of the checks is that of link_path_walk(), step_into(), pick_link() and may_open() in fs/namei.c, which
path_resolution(7) describes. What decides beside modes is asked of a guard.
"""

from errno import EACCES, EBUSY, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENOTEMPTY, ENXIO, EPERM

from audit403.core.decision import REASON_FILE, REASON_STATE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace
from audit403.evidence.interface import (
    BLOCK,
    CHARACTER,
    DIRECTORY,
    LINK,
    SOCKET,
    Absent,
    Entry,
    Evidence,
    Group,
    NotCollected,
    User,
)
from audit403.evidence.links import MAXIMUM_LINKS, join, parent_of
from audit403.files.guard import Guard, Kept
from audit403.files.identity import Identity
from audit403.files.permission import EXECUTE, READ, WRITE, permitted

LONGEST_NAME = 255
LONGEST_PATH = 4095

NOT_KNOWN = -1

NEED_SEARCH = "search"
NEED_READ = "read"
NEED_EXECUTE = "execute"
NEED_WRITE = "write"
NEED_DELETE = "delete"
NEED_FOLLOW = "follow"
NEED_LOOP = "loop"

_BITS = {NEED_SEARCH: EXECUTE, NEED_READ: READ, NEED_WRITE: WRITE | EXECUTE}
_STICKY_AND_WORLD_WRITABLE = 0o1002
# Opening another device depends on its driver and its hardware.
_DEVICES_THAT_ALWAYS_OPEN = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_KEPT_RESOLUTIONS = 200_000


class Blocker(NamedTuple):
    """The component that refuses, and what the identity needed there: one of the `NEED_` names.

    `kept` is set where a guard refuses, whatever the modes say.
    """

    place: PathPlace
    need: str
    kept: Kept | None = None


class Resolution(NamedTuple):
    """How a walk ended.

    `errno` is 0 on success and NOT_KNOWN when `missing` says what was not collected. `path` is the canonical path
    that was reached or at which the walk failed, and `entry` what is there. `blocker` is set when a permission, a
    protected link or a loop refused.
    """

    errno: int
    path: str
    entry: Entry | None
    blocker: Blocker | None = None
    missing: Missing | None = None


class Standing(NamedTuple):
    """Where a walk stands, and how many links it has followed."""

    at: Resolution
    links: int


class Resolver:
    """Answers for one identity in one unchanging world; directories and results are remembered.

    `guard` is what decides beside the modes, for the process that has this identity.
    """

    def __init__(self, evidence: Evidence, identity: Identity, guard: Guard | None = None) -> None:
        self.evidence = evidence
        self.identity = identity
        self.guard = guard
        self.apart: frozenset[str] = frozenset() if guard is None else guard.apart
        self._directories: dict[str, Standing] = {}
        self._followed: dict[str, Resolution] = {}

    def stat(self, path: str) -> Resolution:
        """As stat(2): the entry that `path` leads to, links followed."""
        return self._looked_at(self._end(path))

    def _end(self, path: str) -> Resolution:
        """What `path` leads to, links followed."""
        known = self._followed.get(path)
        if known is None:
            if len(self._followed) >= _KEPT_RESOLUTIONS:
                self._followed.clear()
            known = self._followed[path] = self._look_up(path, follow=True)
        return known

    def lstat(self, path: str) -> Resolution:
        """As lstat(2): the entry at `path`; a link is followed only before a trailing slash."""
        return self._looked_at(self._look_up(path, follow=False))

    def _looked_at(self, found: Resolution) -> Resolution:
        """What was found, where its attributes may be asked for."""
        if self.guard is None or found.errno or found.entry is None:
            return found
        said = self.guard.may_stat(found.path, found.entry)
        return found if said is None else self._kept(found, NEED_READ, said)

    def open(self, path: str) -> Resolution:
        """As open(2) with O_RDONLY | O_NONBLOCK; a directory opens too."""
        found = self._end(path)
        if found.errno or found.entry is None:
            return found
        refusal = self._refusal(found, READ, NEED_READ)
        if refusal is not None:
            return refusal
        kind = found.entry.kind
        if kind == SOCKET:
            return found._replace(errno=ENXIO)
        if kind in (CHARACTER, BLOCK) and found.path not in _DEVICES_THAT_ALWAYS_OPEN:
            return _unknown(found.path, found.entry, Missing(REASON_STATE, f"the device {found.path}"))
        return found

    def execute(self, path: str) -> Resolution:
        """As access(2) with X_OK of a file; whether what it names as its interpreter is there is not asked."""
        found = self._end(path)
        if found.errno or found.entry is None:
            return found
        return self._refusal(found, EXECUTE, NEED_EXECUTE) or found

    def list(self, path: str) -> Resolution:
        """As opendir(3): open(2) with O_DIRECTORY."""
        return self._permitted_directory(path, NEED_READ)

    def search(self, path: str) -> Resolution:
        """As chdir(2): whether names can be looked up in the directory `path`."""
        return self._permitted_directory(path, NEED_SEARCH)

    def may_write_directory(self, path: str) -> Resolution:
        """Whether an entry can be made in the directory `path` (mkdir(2), open(2) with O_CREAT)."""
        return self._permitted_directory(path, NEED_WRITE)

    def may_delete(self, path: str) -> Resolution:
        """As rmdir(2) for a directory and unlink(2) for the rest; whether a directory is empty is not asked."""
        head, _, name = path.rstrip("/").rpartition("/")
        if not path or name in ("", ".", ".."):
            return self._delete_without_name(path, name)
        refusal = _refused_text(path)
        if refusal is not None:
            return refusal
        directory = self._directory(head)
        victim = directory if directory.errno else self.step(directory, name, follow=False)
        if victim.errno or victim.entry is None or directory.entry is None:
            return victim
        if path.endswith("/") and victim.entry.kind != DIRECTORY:
            return victim._replace(errno=ENOTDIR)
        refusal = self._refusal(directory, WRITE | EXECUTE, NEED_WRITE)
        if refusal is not None:
            return refusal
        if self._is_sticky(directory.entry, victim.entry):
            return self._refused(victim, EPERM, NEED_DELETE)
        return victim

    def step(self, directory: Resolution, name: str, follow: bool) -> Resolution:
        """As openat(2) of one name with O_PATH, and O_NOFOLLOW unless `follow`: `directory` is an earlier success.

        Without `follow` a link is the result itself. Each step has the 40 links of its own system call.
        """
        return self._walk(directory, name, 0, True, follow).at

    def _look_up(self, path: str, follow: bool) -> Resolution:
        refusal = _refused_text(path)
        if refusal is not None:
            return refusal
        head, _, name = path.rpartition("/")
        if name in ("", ".", ".."):
            return self._walk(self._root(), path, 0, True, follow).at
        directory = self._standing_directory(head)
        if directory.at.errno:
            return directory.at
        return self._walk(directory.at, name, directory.links, True, follow).at

    def _directory(self, path: str) -> Resolution:
        return self._standing_directory(path).at

    def _standing_directory(self, path: str) -> Standing:
        """The end of a walk through `path` as the leading components of a longer path."""
        known = self._directories.get(path)
        if known is None:
            if len(self._directories) >= _KEPT_RESOLUTIONS:
                self._directories.clear()
            known = self._directories[path] = self._from_nearest(path)
        return known

    def _from_nearest(self, path: str) -> Standing:
        """The walk from the last directory on the way of which the end is known already."""
        head, _, name = path.rpartition("/")
        while head and (not name or head not in self._directories):
            head, _, name = head.rpartition("/")
        start = self._directories.get(head)
        if not head or start is None:
            return self._walk(self._root(), path, 0, False, True)
        return self._walk(start.at, path[len(head) + 1 :], start.links, False, True)

    def _walk(self, at: Resolution, path: str, links: int, trailing: bool, follow: bool) -> Standing:
        """Walk `path` from the directory `at`; `trailing` says that its last name is the last of the whole walk."""
        if path.startswith("/"):
            at = self._root()
        if at.errno:
            return Standing(at, links)
        must_be_directory = path.endswith("/")
        names = [name for name in path.split("/") if name]
        last = len(names) - 1
        for index, name in enumerate(names):
            is_last = trailing and index == last
            refusal = self._refused_search(at)
            if refusal is not None:
                return Standing(refusal, links)
            if name == ".":
                continue
            if name == "..":
                at = self._found(parent_of(at.path))
            else:
                directory = at
                at = self._child(directory, name)
                if at.entry is not None and at.entry.kind == LINK and (follow or must_be_directory or not is_last):
                    at, links = self._follow(directory, at, links, is_last)
            if at.errno:
                return Standing(at, links)
        if must_be_directory and at.entry is not None and at.entry.kind != DIRECTORY:
            at = at._replace(errno=ENOTDIR)
        return Standing(at, links)

    def _follow(self, directory: Resolution, link: Resolution, links: int, trailing: bool) -> Standing:
        links += 1
        if links > MAXIMUM_LINKS:
            return Standing(self._refused(link, ELOOP, NEED_LOOP), links)
        if trailing:
            refusal = self._refused_follow(directory, link)
            if refusal is not None:
                return Standing(refusal, links)
        if self.guard is not None and link.entry is not None:
            said = self.guard.may_follow(link.path, link.entry)
            if said is not None:
                return Standing(self._kept(link, NEED_FOLLOW, said), links)
        target = link.entry.target if link.entry is not None else None
        if not target:
            return Standing(_unknown(link.path, link.entry, Missing(REASON_FILE, link.path)), links)
        return self._walk(directory, target, links, trailing, True)

    def _refused_search(self, at: Resolution) -> Resolution | None:
        entry = at.entry
        if entry is None or entry.kind != DIRECTORY:
            return at._replace(errno=ENOTDIR)
        if self.guard is None and permitted(entry, self.identity, EXECUTE):
            return None
        return self._refusal(at, EXECUTE, NEED_SEARCH)

    def _refusal(self, at: Resolution, bits: int, need: str) -> Resolution | None:
        """How it ends where some bits are not granted on what was reached; None where they are."""
        if at.entry is None:
            return None
        granted = permitted(at.entry, self.identity, bits)
        said = None if self.guard is None else self.guard.may_use(at.path, at.entry, bits, granted)
        if said is not None:
            return self._kept(at, need, said)
        return None if granted else self._refused(at, EACCES, need)

    def _kept(self, at: Resolution, need: str, said: Kept | Missing) -> Resolution:
        """A guard refuses what was reached, or it is not known whether it does."""
        if isinstance(said, Missing):
            return _unknown(at.path, at.entry, said)
        place = place_of(self.evidence, at.path, at.entry)
        return Resolution(said.errno, at.path, at.entry, Blocker(place, need, said))

    def _refused_follow(self, directory: Resolution, link: Resolution) -> Resolution | None:
        """may_follow_link() in fs/namei.c: the check that fs.protected_symlinks turns on."""
        if directory.entry is None or link.entry is None:
            return None
        if directory.entry.mode & _STICKY_AND_WORLD_WRITABLE != _STICKY_AND_WORLD_WRITABLE:
            return None
        if link.entry.uid in (self.identity.uid, directory.entry.uid):
            return None
        protected = self.evidence.protected_symlinks()
        if isinstance(protected, NotCollected):
            return _unknown(link.path, link.entry, Missing(REASON_STATE, "fs.protected_symlinks"))
        return self._refused(link, EACCES, NEED_FOLLOW) if protected else None

    def _permitted_directory(self, path: str, need: str) -> Resolution:
        found = self._end(path)
        if found.errno or found.entry is None:
            return found
        if found.entry.kind != DIRECTORY:
            return found._replace(errno=ENOTDIR)
        return self._refusal(found, _BITS[need], need) or found

    def _delete_without_name(self, path: str, name: str) -> Resolution:
        """The last component is empty, `.` or `..`: it is always a directory, and rmdir(2) refuses each in its way."""
        found = self.stat(path)
        if found.errno:
            return found
        return found._replace(errno={"": EBUSY, ".": EINVAL, "..": ENOTEMPTY}[name])

    def _is_sticky(self, directory: Entry, victim: Entry) -> bool:
        if not directory.mode & 0o1000 or self.identity.fowner:
            return False
        return self.identity.uid not in (victim.uid, directory.uid)

    def _root(self) -> Resolution:
        return self._found("/")

    def _child(self, directory: Resolution, name: str) -> Resolution:
        path = join(directory.path, name)
        if len(name) > LONGEST_NAME // 4 and _length(name) > LONGEST_NAME:
            return Resolution(ENAMETOOLONG, path, None)
        return self._found(path)

    def _found(self, path: str) -> Resolution:
        entry = self.evidence.entry(path)
        said = None if self.guard is None or isinstance(entry, Absent) else self.guard.may_see(path)
        if said is not None:
            # What nobody may look at is in no evidence, either.
            return self._kept(Resolution(0, path, entry if isinstance(entry, Entry) else None), NEED_SEARCH, said)
        if isinstance(entry, Entry):
            return Resolution(0, path, entry)
        if isinstance(entry, Absent):
            return Resolution(ENOENT, path, None)
        return _unknown(path, None, Missing(REASON_FILE, path))

    def _refused(self, at: Resolution, errno: int, need: str) -> Resolution:
        return Resolution(errno, at.path, at.entry, Blocker(place_of(self.evidence, at.path, at.entry), need))


def place_of(evidence: Evidence, path: str, entry: Entry | None) -> PathPlace:
    """The place of an entry with the names of its owner and group, or their numbers where they have no names."""
    if entry is None:
        return PathPlace(path)
    user = evidence.user(entry.uid)
    group = evidence.group(entry.gid)
    owner_name = user.name if isinstance(user, User) else str(entry.uid)
    group_name = group.name if isinstance(group, Group) else str(entry.gid)
    return PathPlace(path, entry.mode, owner_name, group_name)


def _unknown(path: str, entry: Entry | None, missing: Missing) -> Resolution:
    return Resolution(NOT_KNOWN, path, entry, None, missing)


def _refused_text(path: str) -> Resolution | None:
    """What the kernel says of the text alone, before it walks."""
    if not path:
        return Resolution(ENOENT, path, None)
    if len(path) > LONGEST_PATH // 4 and _length(path) > LONGEST_PATH:
        return Resolution(ENAMETOOLONG, path, None)
    if not path.startswith("/"):
        return _unknown(path, None, Missing(REASON_STATE, "the working directory"))
    return None


def _length(text: str) -> int:
    """The length in bytes."""
    try:
        return len(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return len(text)
