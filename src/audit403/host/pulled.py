"""What the scripts of `pull_script` printed, put into the record of a host. Garbage ends in one HostError."""

import base64
import binascii
import sys
from collections.abc import Iterator
from functools import lru_cache

from audit403.evidence.collected import NO_GETFACL, Answer, Basics, Collected
from audit403.evidence.interface import (
    ABSENT,
    BLOCK,
    CHARACTER,
    DIRECTORY,
    FIFO,
    FILE,
    LINK,
    SOCKET,
    AclEntry,
    Entry,
    Group,
    NotCollected,
    Unreadable,
    User,
)
from audit403.evidence.links import join
from audit403.evidence.redact import redacted
from audit403.host.acl_text import Acl, acls_of
from audit403.host.pull_script import LARGEST_FILE, MOST_LABELS
from audit403.host.transport import HostError

_KINDS = frozenset((DIRECTORY, FILE, LINK, FIFO, SOCKET, BLOCK, CHARACTER))
_FORMATS = {0o040000: DIRECTORY, 0o100000: FILE, 0o120000: LINK, 0o010000: FIFO, 0o140000: SOCKET, 0o060000: BLOCK,
            0o020000: CHARACTER}  # fmt: skip
_ACL_UNKNOWN = NotCollected("it has an ACL, and getfacl is not installed there to read it")
_OF_PATHS = b"DPASXJCIUBKN"
_NOT_WHOLE = NotCollected("not all of it could be listed")
_GROUP_BITS = 0o070
_SMALL = 32 * 1024
_redacted = lru_cache(64)(redacted)
"""Most hosts of a fleet have the same files of their packages."""


class Pulled:
    """Reads the words of one script's output into a record; `advice` says with what right more would be seen.

    `root` stands before every path in the output, and is no part of it.
    """

    def __init__(self, collected: Collected, advice: str, root: str = "") -> None:
        self.collected = collected
        self._root = root
        self._labels = 0
        self.hidden = NotCollected(f"the login may not see it{advice}")

    def take(self, output: bytes) -> None:
        """Raises HostError where the output is none of the scripts'."""
        if not output:
            return
        if not output.endswith(b"\0"):
            raise HostError("the host's answer breaks off")
        words = iter(output[:-1].split(b"\0"))
        for word in words:
            try:
                kind, text = word[:1], word[1:].decode("utf-8", "surrogateescape")
                self._one(kind, self._path(text) if self._root and kind in _OF_PATHS else text, words)
            except (ValueError, StopIteration, binascii.Error) as error:
                raise HostError(f"the host's answer cannot be read: {word[:60]!r}") from error

    def _path(self, text: str) -> str:
        if not text.startswith(self._root + "/"):
            raise ValueError
        path = text[len(self._root) :]
        return "/" if path == "/." else path

    def _one(self, kind: bytes, text: str, words: Iterator[bytes]) -> None:
        collected = self.collected
        if kind == b"D":
            self._directory(text, words)
        elif kind == b"P":
            self._single(text, words)
        elif kind == b"A":
            collected.entries[text] = ABSENT
            collected.contents[text] = ABSENT
        elif kind == b"Q":
            collected.gaps["ACLs"] = NO_GETFACL
        elif kind == b"S":
            collected.entries[text] = self.hidden
        elif kind == b"X":
            collected.unlisted[text] = self.hidden
        elif kind == b"J":
            collected.unlisted.setdefault(text, Unreadable(20, "Not a directory"))
        elif kind in b"CIUBKN":
            self._content(kind, text, words)
        elif kind in b"HYVW":
            self._basic(kind, text)
        elif kind == b"M":
            self._account(text, next(words), next(words))
        elif kind == b"z":
            self._label(kind + text.encode("utf-8", "surrogateescape"))
            self._labels += 1
        elif kind == b"T":
            if self._labels < MOST_LABELS:
                collected.labelled.add(text)
            self._labels = 0
        elif kind == b"O":
            self._group(text, next(words))
        else:
            raise ValueError

    def _directory(self, path: str, words: Iterator[bytes]) -> None:
        entries: dict[str, Entry] = {}
        is_whole = True
        for word in words:
            if word == b"x":
                is_whole = False
                continue
            if word[:1] == b"z":
                self._label(word)
                continue
            if word[:1] == b"G":
                if not is_whole:
                    self.collected.unlisted[path] = _NOT_WHOLE
                    return
                self.collected.add_directory(path, _with_acls(self._root + path, entries, word[1:]))
                return
            name, entry = _entry(word, next(words))
            entries[name] = entry
        raise ValueError

    def _single(self, path: str, words: Iterator[bytes]) -> None:
        word = next(words)
        if word == b"x":
            self.collected.entries[path] = NotCollected("the host has nothing that says what it is")
            if next(words)[:1] != b"G":
                raise ValueError
            return
        if word[:1] == b"G":  # it went away between the two looks
            self.collected.entries[path] = ABSENT
            return
        _, entry = _entry(word, next(words))
        text = next(words)
        if text[:1] == b"z":
            self._label(text)
            text = next(words)
        if text[:1] != b"G":
            raise ValueError
        found = _with_acls("", {path: entry}, text[1:])
        self.collected.entries[path] = found[path]

    def _label(self, word: bytes) -> None:
        """A label, which has no slash in it, and the path behind it; `?` where there is none to be read."""
        context, slash, path = word[1:].decode("utf-8", "surrogateescape").partition("/")
        if not slash:
            raise ValueError
        path = self._path(path) if self._root else path
        if context and context != "?":
            self.collected.labels[path] = sys.intern(context)

    def _content(self, kind: bytes, path: str, words: Iterator[bytes]) -> None:
        contents = self.collected.contents
        if kind == b"C":
            word = next(words)
            if word[:1] != b"c":
                raise ValueError
            data = base64.b64decode(word[2:]) if word[1:2] == b"=" else bytes.fromhex(word[1:].decode("ascii"))
            contents[path] = _redacted(data) if len(data) <= _SMALL else redacted(data)
        elif kind == b"I":
            contents[path] = Unreadable(21, "Is a directory")
        elif kind == b"N":
            contents[path] = Unreadable(22, "Not a regular file")
        elif kind == b"B":
            contents[path] = NotCollected(f"it is larger than {LARGEST_FILE:,} bytes")
        elif kind == b"K":
            contents[path] = NotCollected("it holds a private key, which is never collected")
        else:
            contents[path] = self.hidden

    def _basic(self, kind: bytes, text: str) -> None:
        collected = self.collected
        basics = collected.basics or Basics("", None)
        if kind == b"H":
            basics = basics._replace(hostname=text)
        elif kind == b"Y":
            basics = basics._replace(protected_symlinks=None if text not in ("0", "1") else text == "1")
        elif kind == b"V":
            basics = basics._replace(users=tuple(filter(None, map(_user, text.splitlines()))))
        else:
            basics = basics._replace(groups=tuple(filter(None, map(_group, text.splitlines()))))
            _spread(collected, basics)
        collected.basics = basics

    def _account(self, asked: str, record: bytes, gids: bytes) -> None:
        if record[:1] != b"v" or gids[:1] != b"m":
            raise ValueError
        collected = self.collected
        user = _user(record[1:].decode("utf-8", "surrogateescape").strip("\n"))
        key = int(asked) if asked.isdigit() else asked
        if user is None:
            collected.users[key] = ABSENT if not record[1:] else NotCollected("the host has no getent to look it up")
            return
        collected.users[key] = collected.users[user.name] = user
        collected.users.setdefault(user.uid, user)
        own = collected.groups.get(user.gid)
        lists_it = isinstance(own, Group) and user.name in own.members
        members = {int(gid) for gid in gids[1:].split()}
        if members:
            collected.memberships[user.name] = tuple(sorted(members - (set() if lists_it else {user.gid})))
        else:
            collected.memberships[user.name] = NotCollected("the host does not say which groups it is in")

    def _group(self, asked: str, record: bytes) -> None:
        if record[:1] != b"w":
            raise ValueError
        key = int(asked) if asked.isdigit() else asked
        group = _group(record[1:].decode("utf-8", "surrogateescape").strip("\n"))
        self.collected.groups[key] = ABSENT if group is None else group


def _entry(word: bytes, target: bytes) -> tuple[str, Entry]:
    """An entry out of `e…` and `l…`."""
    if word[:1] != b"e" or target[:1] != b"l":
        raise ValueError
    kind, mode, uid, gid, size, time, name = word[1:].decode("utf-8", "surrogateescape").split("/", 6)
    if kind in ("h", "o"):  # the whole st_mode, in stat's own digits
        number = int(mode, 16 if kind == "h" else 8)
        kind, bits = _FORMATS[number & 0o170000], number & 0o7777
    else:
        bits = int(mode, 8)
    if kind not in _KINDS or not 0 <= bits <= 0o7777:
        raise ValueError
    link = target[1:].decode("utf-8", "surrogateescape") if kind == LINK else None
    return name, Entry(kind, bits, int(uid), int(gid), link, (), None, int(size), int(time.partition(".")[0]))


def _with_acls(path: str, entries: dict[str, Entry], text: bytes) -> dict[str, Answer]:
    """The entries with what getfacl said of them; where nobody could ask, those that an ACL may change."""
    if text == b"?":
        return {
            name: entry if entry.kind == LINK or not entry.mode & _GROUP_BITS else _ACL_UNKNOWN
            for name, entry in entries.items()
        }
    found: dict[str, Answer] = dict(entries)
    for file, acl in acls_of(text):
        place = file.replace("/./", "/")
        name = place if not path else place.rpartition("/")[2]
        entry = entries.get(name)
        if entry is not None and (not path or join(path, name) == place):
            found[name] = _with_acl(entry, acl)
    return found


def _with_acl(entry: Entry, acl: Acl) -> Entry:
    named: tuple[AclEntry, ...] = acl.named
    return entry._replace(acl=named, group_bits=acl.group_bits) if named or acl.has_mask else entry


def _user(line: str) -> User | None:
    parts = line.split(":")
    if len(parts) < 6 or not parts[2].isdigit() or not parts[3].isdigit():
        return None
    return User(parts[0], int(parts[2]), int(parts[3]), parts[5])


def _group(line: str) -> Group | None:
    parts = line.split(":")
    if len(parts) < 4 or not parts[2].isdigit():
        return None
    return Group(parts[0], int(parts[2]), tuple(filter(None, parts[3].split(","))))


def _spread(collected: Collected, basics: Basics) -> None:
    """The lists, by name and by number; the first of several counts, as for getpwnam(3)."""
    members: dict[str, set[int]] = {}
    for group in basics.groups:
        collected.groups.setdefault(group.name, group)
        collected.groups.setdefault(group.gid, group)
        for name in group.members:
            members.setdefault(name, set()).add(group.gid)
    for user in basics.users:
        collected.users.setdefault(user.name, user)
        collected.users.setdefault(user.uid, user)
        collected.memberships.setdefault(user.name, tuple(sorted(members.get(user.name, ()))))
