"""A compact store of listed directories: a million entries in tens of megabytes, without an object for each.

A directory is its names, joined by NUL, once for each set of attributes that occurs in it. Sizes and times are not in
it, because most questions are about kind, mode and owner: an Entry from here has neither, and whoever needs them asks
for that one entry again (`exact_entry`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from errno import ENOTDIR
from itertools import chain, repeat
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import (
    ABSENT,
    DIRECTORY,
    LINK,
    Absent,
    AclEntry,
    Entry,
    NotCollected,
    Unreadable,
)
from audit403.evidence.links import join, parent_of

_LARGE = 32 * 1024
"""A directory with more bytes of names is decoded after some questions; in a smaller one names are searched for."""
_TOO_LARGE = 1024 * 1024
"""One with more is decoded later, because of the memory that it takes."""
_SEARCHES = 64
"""To decode a directory takes as long as to search all of its names so many times."""
_MORE_SEARCHES = 512
_KEPT_NAMES = 100_000
_NO_TARGET = NotCollected("where the link leads was not collected")

Node = tuple[Any, ...]
"""Numbers of attributes, each followed by the names that have them, with a NUL before and behind each name."""


class Attributes(NamedTuple):
    """What many entries have in common; `unlisted` says why the names in a directory are not known, if they are not."""

    kind: str
    mode: int
    uid: int
    gid: int
    label: str | None = None
    unlisted: str | None = None


class Lone(NamedTuple):
    """An entry without its directory: the number of its attributes and a link's target."""

    number: int
    target: str | None = None


Single = Lone | Absent | NotCollected


class Equals(NamedTuple):
    """Names of one directory whose entries are the same."""

    entry: Entry | NotCollected
    names: tuple[str, ...]


class _Decoded(NamedTuple):
    numbers: dict[str, int]
    targets: dict[str, str]


class _Asked:
    """What was asked about a large directory, and how many bytes were gone through for it."""

    __slots__ = ("numbers", "searched", "size")

    def __init__(self, size: int) -> None:
        self.numbers: dict[str, int | None] = {}
        self.searched, self.size = 0, size


class Directories:
    """Canonical paths of directories, and what is in them. It grows by whole directories."""

    def __init__(self) -> None:
        self.attributes: list[Attributes] = []
        self._numbers: dict[Attributes, int] = {}
        self._shared: list[Entry] = []
        self.nodes: dict[str, Node] = {}
        """Directories that have names; one that has none is known from its own attributes."""
        self.targets: dict[str, bytes] = {}
        """By directory: for each link in it `NUL name / target NUL`."""
        self.singles: dict[str, Single] = {}
        self.hidden: dict[str, NotCollected] = {}
        """Directories of which not all names are known, whatever their attributes say."""
        self.gaps: dict[str, dict[str, NotCollected]] = {}
        """By directory and name: what is there but could not be looked at."""
        self.acls: dict[str, dict[str, tuple[tuple[AclEntry, ...], int | None]]] = {}
        self.doubts: dict[str, NotCollected] = {}
        """Below these a directory without names may be one that could not be listed."""
        self._decoded: dict[str, _Decoded] = {}
        self._kept = 0
        self._count = 0
        self._asked: dict[str, _Asked] = {}
        """The large directories that were searched."""

    # How it is filled.

    def number_of(self, attributes: Attributes) -> int:
        """The number that stands for these attributes."""
        number = self._numbers.get(attributes)
        if number is None:
            number = self._numbers[attributes] = len(self.attributes)
            self.attributes.append(attributes)
            kind, mode, uid, gid, *_ = attributes
            self._shared.append(Entry(kind, mode, uid, gid, size=None))
        return number

    def put(self, directory: str, names: Mapping[int, bytes], targets: Sequence[bytes] = ()) -> None:
        """A whole directory: by the number of their attributes names, a NUL around each; `name/target` of each link."""
        if directory in self.nodes or directory in self.hidden:
            self.forget(directory)
        if names:  # those of few entries first, which are then found first
            every = names.items() if len(names) == 1 else sorted(names.items(), key=_length_of)
            node = self.nodes[directory] = tuple(chain.from_iterable(every))
            self._count += _names_in(node)
        if targets:
            self.targets[directory] = b"\0" + b"\0".join(targets) + b"\0"

    def forget(self, directory: str) -> None:
        """What was known of a directory's names, before it is listed anew."""
        self._count -= _names_in(self.nodes.pop(directory, ()))
        self.targets.pop(directory, None)
        self.hidden.pop(directory, None)
        if self._decoded or self._asked:
            self._decoded, self._asked, self._kept = {}, {}, 0

    def put_single(self, path: str, single: Single) -> None:
        """One entry, without its directory."""
        self.singles[path] = single

    def hide(self, directory: str, why: NotCollected) -> None:
        """Not all names of this directory are known."""
        self.hidden[directory] = why

    def miss(self, path: str, why: NotCollected) -> None:
        """There is something at this path, but nobody could look at it."""
        self.gaps.setdefault(parent_of(path), {})[path.rpartition("/")[2]] = why

    def doubt(self, directory: str, why: NotCollected) -> None:
        """Directories below this one (and itself) that have no names may be ones that could not be listed."""
        self.doubts[directory] = why

    def put_acl(self, path: str, acl: tuple[AclEntry, ...], group_bits: int | None) -> None:
        """The ACL of an entry."""
        self.acls.setdefault(parent_of(path), {})[path.rpartition("/")[2]] = (acl, group_bits)

    # What it answers.

    def __len__(self) -> int:
        return self._count

    def entry(self, path: str) -> Entry | Absent | NotCollected | None:
        """The entry at a canonical path; None where its directory was not listed."""
        directory, name = parent_of(path), path.rpartition("/")[2]
        gap = self.gaps.get(directory, {}).get(name) if self.gaps else None
        if gap is not None:
            return gap
        single = self.singles.get(path)
        if single is not None:
            return self._of_single(directory, name, single)
        number = self._number(directory, name)
        if number is not None:
            return self._entry(directory, name, number)
        return ABSENT if path != "/" and self._lists_all(directory) else None

    def entries(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected | None]:
        """What `entry` says of each of some names of a canonical directory."""
        if directory not in self.nodes or directory in self.gaps or directory in self.acls:
            return (self.entry(join(directory, name)) for name in names)
        wanted = tuple(names)
        if len(wanted) < _SEARCHES and directory not in self._decoded:
            return (self.entry(join(directory, name)) for name in wanted)
        return self._many(directory, wanted)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable | None:
        """The names in a canonical directory, sorted by bytes; None where it was not listed."""
        hidden = self.hidden.get(path)
        if hidden is not None:
            return hidden
        if path in self.nodes:
            decoded = self._decoded.get(path)
            return _all_sorted(self.nodes[path]) if decoded is None else (*decoded.numbers,)
        attributes = self.attributes_of(path)
        if attributes is None:
            found = self.entry(path)
            return found if isinstance(found, Absent | NotCollected) else None
        if attributes.kind == LINK:
            return None  # what it leads to has another path
        if attributes.kind != DIRECTORY:
            return Unreadable(ENOTDIR, "Not a directory")
        return self._why_empty(path, attributes) or ()

    def equals(self, directory: str) -> Iterator[Equals]:
        """The names of a listed directory, those together whose entries are the same; links each for itself."""
        for number, joined in _pairs(self.nodes.get(directory, ())):
            names = _sorted(joined)
            apart = {*self.gaps.get(directory, ()), *self.acls.get(directory, ())}
            if self.attributes[number].kind == LINK:
                apart.update(names)
            plain = tuple(name for name in names if name not in apart) if apart else names
            if plain:
                yield Equals(self._shared[number], plain)
            for name in names if apart else ():
                found = self.entry(join(directory, name)) if name in apart else None
                if isinstance(found, Entry | NotCollected):
                    yield Equals(found, (name,))

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """The names of a directory by the entries that are the same, a NUL around each; None where not all are so."""
        if directory in self.hidden or directory in self.gaps or directory in self.acls:
            return None
        node = self.nodes.get(directory)
        if node is None:
            attributes = self.attributes_of(directory)
            if attributes is None or attributes.kind != DIRECTORY or self._why_empty(directory, attributes) is not None:
                return None
            return ()
        return tuple((self._shared[number], names) for number, names in _pairs(node))

    def attributes_of(self, path: str) -> Attributes | None:
        """Kind, mode, owners and label of an entry that was listed."""
        single = self.singles.get(path)
        if isinstance(single, Lone):
            return self.attributes[single.number]
        number = self._number(parent_of(path), path.rpartition("/")[2])
        return None if number is None else self.attributes[number]

    def _of_single(self, directory: str, name: str, single: Single) -> Entry | Absent | NotCollected:
        if not isinstance(single, Lone):
            return single
        found = self._with_acl(directory, name, self._shared[single.number])
        if found.kind != LINK:
            return found
        return found._replace(target=single.target) if single.target else _NO_TARGET

    def _entry(self, directory: str, name: str, number: int) -> Entry | NotCollected:
        found = self._shared[number]
        if found.kind == LINK:
            target = self._target(directory, name)
            return found._replace(target=target) if target else _NO_TARGET
        return self._with_acl(directory, name, found) if self.acls else found

    def _with_acl(self, directory: str, name: str, found: Entry) -> Entry:
        acl = self.acls.get(directory, {}).get(name)
        return found if acl is None else found._replace(acl=acl[0], group_bits=acl[1])

    def _many(self, directory: str, names: Iterable[str]) -> Iterator[Entry | Absent | NotCollected | None]:
        numbers, shared = self._decode(directory, keep=False).numbers, self._shared
        other = ABSENT if self._lists_all(directory) else None
        for name in names:
            number = numbers.get(name)
            if number is None:
                yield other
            elif shared[number].kind == LINK:
                yield self._entry(directory, name, number)
            else:
                yield shared[number]

    def _lists_all(self, directory: str) -> bool:
        """Whether what has no entry in this directory is not there."""
        if directory in self.hidden:
            return False
        if directory in self.nodes:
            return True
        attributes = self.attributes_of(directory)
        return attributes is not None and (
            attributes.kind != DIRECTORY or self._why_empty(directory, attributes) is None
        )

    def _why_empty(self, directory: str, attributes: Attributes) -> NotCollected | None:
        """Why a directory has no names here; None where it is empty."""
        if attributes.unlisted is not None:
            return NotCollected(attributes.unlisted)
        for above, why in self.doubts.items():
            if above == "/" or directory == above or directory.startswith(above + "/"):
                return why
        return None

    def _number(self, directory: str, name: str) -> int | None:
        node = self.nodes.get(directory)
        if node is None or "\0" in name:
            return None
        decoded = self._decoded.get(directory)
        if decoded is not None:
            return decoded.numbers.get(name)
        wanted = _wanted(name, b"\0")
        if wanted is None:
            return None
        if len(node[-1]) > _LARGE:
            return self._search(directory, node, name, wanted)
        return next((number for number, names in _pairs(node) if wanted in names), None)

    def _search(self, directory: str, node: Node, name: str, wanted: bytes) -> int | None:
        """What a large directory has under a name: searched for as long as to decode all of it would take longer."""
        asked = self._asked.get(directory)
        if asked is None:
            asked = self._asked[directory] = _Asked(sum(map(len, node[1::2])))
        if name in asked.numbers:
            return asked.numbers[name]
        if asked.searched > (_SEARCHES if asked.size <= _TOO_LARGE else _MORE_SEARCHES) * asked.size:
            del self._asked[directory]
            return self._decode(directory).numbers.get(name)
        found = None
        for number, names in _pairs(node):
            asked.searched += len(names)
            if wanted in names:
                found = number
                break
        asked.numbers[name] = found
        return found

    def _target(self, directory: str, name: str) -> str | None:
        if directory in self._decoded:
            return self._decoded[directory].targets.get(name)
        targets, wanted = self.targets.get(directory, b""), _wanted(name, b"/")
        at = -1 if wanted is None else targets.find(wanted)
        if wanted is None or at < 0:
            return None
        at += len(wanted)
        return _decoded(targets[at : targets.index(b"\0", at)])

    def _decode(self, directory: str, *, keep: bool = True) -> _Decoded:
        """All names of a directory in their order; those of the last few directories are kept, with `keep` of a large
        one as well.
        """
        known = self._decoded.get(directory)
        if known is None:
            known = _Decoded(
                _numbers_by_name(self.nodes[directory]), _targets_by_name(self.targets.get(directory, b""))
            )
            if not keep and len(known.numbers) > _KEPT_NAMES:
                return known
            self._kept += len(known.numbers)
            if self._kept > _KEPT_NAMES:
                self._decoded, self._kept = {}, len(known.numbers)
            self._decoded[directory] = known
        return known


def _pairs(node: Node) -> Iterator[tuple[int, bytes]]:
    return zip(node[::2], node[1::2], strict=True)


def _names_in(node: Node) -> int:
    return sum([names.count(b"\0") - 1 for names in node[1::2]])


def _length_of(pair: tuple[int, bytes]) -> int:
    return len(pair[1])


def _all_sorted(node: Node) -> tuple[str, ...]:
    """All names of a directory; nothing but them is held meanwhile."""
    if len(node) == 2:
        return _sorted(node[1])
    names = [name for joined in node[1::2] for name in joined[1:-1].split(b"\0")]
    names.sort()
    return (*_decoded(b"\0".join(names)).split("\0"),)


def _wanted(name: str, end: bytes) -> bytes | None:
    """What to search for; None where no file can have that name."""
    try:
        return b"\0" + name.encode("utf-8", "surrogateescape") + end
    except UnicodeEncodeError:
        return None


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _sorted(joined: bytes) -> tuple[str, ...]:
    names = joined[1:-1].split(b"\0")
    names.sort()
    return (*_decoded(b"\0".join(names)).split("\0"),)


def _numbers_by_name(node: Node) -> dict[str, int]:
    if len(node) == 2:
        [(number, joined)] = _pairs(node)
        return dict.fromkeys(_sorted(joined), number)
    pairs: list[tuple[bytes, int]] = []
    for number, joined in _pairs(node):
        pairs.extend(zip(joined[1:-1].split(b"\0"), repeat(number)))
    pairs.sort()
    names = _decoded(b"\0".join([name for name, _ in pairs])).split("\0")
    return dict(zip(names, [number for _, number in pairs], strict=True))


def _targets_by_name(joined: bytes) -> dict[str, str]:
    pairs = (pair.partition("/") for pair in _decoded(joined[1:-1]).split("\0")) if joined else ()
    return {name: target for name, _, target in pairs}
