"""The names of a directory that nothing tells apart but their extension: counted together, and named only where one
of them is to be asked for.

Names are bytes here, joined with a NUL around each, as `Evidence.groups` has them.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from heapq import nsmallest
from typing import Any

from audit403.evidence.interface import Absent, Entry, Evidence, NotCollected, Unreadable, reason_of
from audit403.evidence.links import parent_of
from audit403.explore.classes import INDEX_STEMS, PAGES, SHOWN_DOT_NAMES, Class, Classes, telling_names
from audit403.explore.joined_names import Groups, NamesIn, bytes_of, has, names_of, text_of
from audit403.files.permission import EXECUTE, permitted
from audit403.files.resolve import Resolver

_MANY = 1_000
_FEW = 8
_LARGE = 4096
_LONG = 1_000
"""A longer path may be too long for the kernel, in bytes."""
Counted = dict[bytes | None, int]

_EXTENSION = re.compile(rb"\.([^.\0]*)\0")
_BARE = re.compile(rb"\0([^.\0]+)(?=\0)")
_DOT_NAME = re.compile(rb"\0(\.[^\0]*)(?=\0)")
_BARE_STEMS = tuple(stem.encode() for stem in INDEX_STEMS)
_STEMS = tuple(b"\0" + stem for stem in _BARE_STEMS)
_PAGE_ENDS = frozenset(one.encode() for one in PAGES)
_PAGE_NAME = re.compile(rb"(?i)\0(?:%b)\0" % b"|".join(sorted(_PAGE_ENDS)))
_SHOWN = frozenset(one.encode() for one in SHOWN_DOT_NAMES)


def extensions(joined: bytes) -> Counted:
    """How many names have each extension; None is for those without any dot."""
    if len(joined) > _LARGE:
        found = _of_the_first(joined)
        if found is not None:
            return found
    every = _EXTENSION.findall(joined)
    distinct = set(every)
    found = {extension: every.count(extension) for extension in distinct} if len(distinct) < _FEW else {}
    if not found and every:
        found.update(Counter(every))
    bare = joined.count(b"\0") - 1 - len(every)
    if bare:
        found[None] = bare
    return found


def _of_the_first(joined: bytes) -> Counted | None:
    """The same, counted quickly where every name has an extension that one of the first names has."""
    distinct = set(_EXTENSION.findall(joined, 0, _LARGE))
    found: Counted = {one: joined.count(b".%b\0" % one) for one in distinct} if len(distinct) <= _FEW else {}
    return found if sum(found.values()) == joined.count(b"\0") - 1 else None


def with_extension(joined: bytes, extension: bytes | None) -> list[bytes]:
    """The names that have this extension."""
    if extension is None:
        return _BARE.findall(joined)
    ending = b"." + extension
    return [name for name in joined[1:-1].split(b"\0") if name.endswith(ending)]


def a_name(joined: bytes, extension: bytes | None) -> bytes:
    """One of the names that have this extension."""
    if extension is None:
        found = _BARE.search(joined)
        assert found is not None
        return bytes(found[1])
    end = joined.index(b"." + extension + b"\0") + len(extension) + 1
    return joined[joined.rindex(b"\0", 0, end) + 1 : end]


def dot_names(joined: bytes) -> list[bytes]:
    """The names that begin with a dot."""
    return _DOT_NAME.findall(joined) if b"\0." in joined else []


def without(joined: bytes, some: Collection[bytes]) -> tuple[bytes, list[bytes]]:
    """The names without some, and those of these that were among them; a lone NUL is left where all were."""
    if not some:
        return joined, []
    if len(some) > _FEW:
        names = names_of(joined)
        left = [name for name in names if name not in some]
        return b"\0".join([b"", *left, b""]) if left else b"\0", [name for name in names if name in some]
    found = [name for name in some if b"\0%b\0" % name in joined]
    for name in found:
        joined = joined.replace(b"\0%b\0" % name, b"\0", 1)
    return joined, found


def by_directory(paths: Iterable[str]) -> dict[str, list[bytes]]:
    """The names of some paths by the directories that they are in."""
    found: dict[str, list[bytes]] = {}
    for path in paths:
        found.setdefault(parent_of(path), []).append(bytes_of(path.rpartition("/")[2]))
    return found


class Inside:
    """What lies in a directory: all of its names, or those that are alike together."""

    def __init__(self, evidence: Evidence, path: str, listed: tuple[str, ...] | Groups) -> None:
        self._evidence, self._path = evidence, path
        self._names: Collection[str] | None = None
        self.groups: Groups = ()
        self._count: int | None = None
        self._extensions: list[Counted] | None = None
        if listed and isinstance(listed[0], tuple):
            self.groups = listed
        else:
            self._names = listed  # type: ignore[assignment]

    def __len__(self) -> int:
        return (
            len(self._names) if self._names is not None else sum(joined.count(b"\0") - 1 for _, joined in self.groups)
        )

    def names(self) -> Collection[str]:
        """All names, in any order."""
        if self._names is None:
            self._names = NamesIn(self.groups, self._path) if len(self) > _MANY else self.in_order()
        return self._names

    def in_order(self) -> tuple[str, ...]:
        """The same, sorted by bytes."""
        if isinstance(self._names, tuple):
            return self._names
        names = self._evidence.names(self._path)
        return () if isinstance(names, Absent | NotCollected | Unreadable) else names

    def has(self, name: str) -> bool:
        """Whether this is one of the names."""
        if not self.groups:
            return name in self.names()
        return has(self.groups, name)

    def extensions(self) -> list[Counted]:
        """How many names have each extension, group by group."""
        if self._extensions is None:
            self._extensions = [extensions(joined) for _, joined in self.groups]
        return self._extensions


def inside_of(evidence: Evidence, path: str, *, together: bool = True) -> Inside | str:
    """What lies in a canonical directory, or why it cannot be listed."""
    groups = evidence.groups(path) if together else None
    if groups is not None:
        return Inside(evidence, path, groups)
    names = evidence.names(path)
    return reason_of(names) if isinstance(names, Absent | NotCollected | Unreadable) else Inside(evidence, path, names)


class Open:
    """Whether the worker may use directories: asked once for all that have the same attributes."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[tuple[Entry, int], bool] = {}

    def may_search(self, path: str, entry: Entry | None) -> bool:
        """Whether a directory can be searched; `entry` is its own where all above it can, and no link leads to it."""
        if entry is None or self._resolver.guard is not None or len(path) > _LONG:
            return self._resolver.search(path).errno == 0
        return self.permits(entry, EXECUTE)

    def permits(self, entry: Entry, bits: int) -> bool:
        """What the entry itself permits."""
        known = self._known.get((entry, bits))
        if known is None:
            known = self._known[entry, bits] = permitted(entry, self._resolver.identity, bits)
        return known


class Telling:
    """Finds what in a directory makes it another one than those beside it: names like an index's, pages."""

    def __init__(self) -> None:
        self._patterns: dict[frozenset[str], tuple[tuple[bytes, ...], Any]] = {}

    def of(self, inside: Inside, indexes: frozenset[str]) -> tuple[tuple[str, ...], bool]:
        """The names that are an index, or look like one, sorted by bytes; and whether there are pages."""
        if not inside.groups:
            return telling_names(inside.names(), indexes)
        return self._index_like(inside.groups, indexes), _has_page(inside)

    def _index_like(self, groups: Groups, indexes: frozenset[str]) -> tuple[str, ...]:
        known = self._patterns.get(indexes)
        if known is None:
            words = [bytes_of(word) for word in indexes if word and "\0" not in word]
            stems = b"|".join(map(re.escape, _BARE_STEMS))
            written = b"|".join([rb"(?i:%b)[^\0]*" % stems, *map(re.escape, words)])
            exact = {b"\0%b\0" % word.lower(): None for word in words if not word.lower().startswith(_BARE_STEMS)}
            known = self._patterns[indexes] = (*_STEMS, *exact), re.compile(rb"\0(%b)(?=\0)" % written)
        wanted, pattern = known
        found: list[bytes] = []
        for _, joined in groups:
            low = joined.lower()
            for word in wanted:
                if word in low:
                    found += pattern.findall(joined)
                    break
        return tuple(text_of(name) for name in sorted(found)) if found else ()


def _has_page(inside: Inside) -> bool:
    for (_, joined), counted in zip(inside.groups, inside.extensions(), strict=True):
        for extension in counted:
            if extension is None:
                if _PAGE_NAME.search(joined):
                    return True
            elif extension in _PAGE_ENDS or extension.lower() in _PAGE_ENDS:
                return True
    return False


class _Some:
    """Names of one class."""

    __slots__ = ("alone", "count", "hidden", "many")

    def __init__(self, hidden: bool) -> None:
        self.hidden, self.count = hidden, 0
        self.alone: list[bytes] = []
        self.many: list[tuple[bytes, bytes | None]] = []


class Gathered:
    """What lies in one directory, by class; the classes get it as they would name by name."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._prefix = url, prefix
        self._found: dict[Class, _Some] = {}

    def take(self, key: Class, hidden: bool, count: int, joined: bytes, extension: bytes | None) -> None:
        """So many names with an extension."""
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = _Some(hidden)
        known.count += count
        known.many.append((joined, extension))

    def take_one(self, key: Class, hidden: bool, name: bytes) -> None:
        """A single name."""
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = _Some(hidden)
        known.count += 1
        known.alone.append(name)

    def into(self, classes: Classes) -> None:
        """Put it into the classes."""
        named: list[tuple[list[bytes], Class, _Some]] = []
        for key, some in self._found.items():
            if classes.has_enough(key, some.count):
                continue
            names = [
                *some.alone,
                *(name for joined, extension in some.many for name in with_extension(joined, extension)),
            ]
            if len(names) > 2 * classes.most_members:
                names = nsmallest(classes.most_members, names)
            else:
                names.sort()
            named.append((names, key, some))
        named.sort(key=_first)
        for names, key, some in named:
            classes.take_files(key, self._url, self._prefix, map(text_of, names), some.count, some.hidden)


def _first(named: tuple[list[bytes], Class, _Some]) -> bytes:
    return named[0][0]


def hidden_by_name(name: bytes) -> bool:
    """Whether a name is one of those that are not shown."""
    return name.startswith(b".") and name not in _SHOWN
