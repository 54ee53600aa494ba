"""The fields of a listing's records: depth and attributes, each text of them understood once."""

import re

from audit403.evidence.directories import Attributes, Directories
from audit403.evidence.interface import DIRECTORY, NotCollected

NEEDS_ROOT = "it needs root: run with --sudo"
ROOT_TOO = "root may not look at it either, as on FUSE and NFS"
ANOTHER = "another file system is mounted there"
EXCLUDED = "it is excluded"
_FIELDS = re.compile(rb"([a-zA-Z?])([0-9]{1,9})/([0-7]{1,4}|[-rwxsStTlL]{9}[.+@]?)/([0-9]{1,10})/([0-9]{1,10})/")
_KINDS = frozenset(b"fdlpsbc")


class Fields:
    """What fields mean in one tree after the other; a host has few that are different."""

    def __init__(self, into: Directories, labelled: bool) -> None:
        self.into = into
        self.denied = NEEDS_ROOT
        self.known: dict[bytes, tuple[int, int]] = {}
        """By the fields of a record, up to its name: the depth, and the number of the attributes."""
        self.unknown_kinds: set[int] = set()
        self.unlistable: set[int] = set()
        self._labelled = labelled
        self._root = ""
        self._device: bytes | None = None

    def begin(self, root: str) -> None:
        """A tree of its own, with a device of its own."""
        self.known.clear()
        self._root, self._device = root, None

    def learnt(self, fields: bytes) -> tuple[int, int]:
        """Depth and attributes out of `d3/755/0/33/2049`, from now on without reading it. Raises ValueError."""
        found = _FIELDS.match(fields + b"/")
        if found is None:
            raise ValueError
        letter, depth, mode, uid, gid = found.groups()
        rest = (fields + b"/")[found.end() :]
        label = None
        if self._labelled:
            text, _, rest = rest.partition(b"/")
            label = text.decode("ascii", "replace") or None
        kind, unlisted = letter.decode("ascii"), None
        if letter in (b"d", b"u", b"x"):
            device, slash, rest = rest.partition(b"/")
            kind, unlisted = DIRECTORY, self._unlisted(letter, device, int(depth))
            if not slash or not (device.isdigit() or not device):
                raise ValueError
        elif letter[0] not in _KINDS:
            kind = "?"
        if rest:
            raise ValueError
        number = self.into.number_of(Attributes(kind, _mode(mode), int(uid), int(gid), label, unlisted))
        if kind == "?":
            self.unknown_kinds.add(number)
        if unlisted is not None:
            self.unlistable.add(number)
        self.known[fields] = learnt = int(depth), number
        return learnt

    def _unlisted(self, letter: bytes, device: bytes, depth: int) -> str | None:
        if not depth:
            self._device = device
            if not device:
                self.into.doubt(self._root, NotCollected("what is mounted there cannot be told"))
        if letter == b"u":
            return self.denied
        if letter == b"x":
            return EXCLUDED
        return None if device == self._device else ANOTHER


def _mode(text: bytes) -> int:
    """A mode in octal digits, or in the letters of ls."""
    if text.isdigit():
        return int(text, 8)
    mode = 0
    for at, letter in enumerate(text[:9].decode("ascii")):
        bit = 1 << (8 - at)
        special = 0o4000 >> (at // 3)
        mode |= (bit if letter in "rwxst" else 0) | (special if letter in "sStT" else 0)
    return mode
