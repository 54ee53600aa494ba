"""The names of a directory as bytes, joined with a NUL around each: as `Evidence.groups` has them."""

import re
from collections.abc import Collection, Iterator

from audit403.evidence.interface import Entry

Groups = tuple[tuple[Entry, bytes], ...]

_NAME = re.compile(rb"[^\0]+")


def text_of(name: bytes) -> str:
    """A name, or several, as text."""
    return name.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """A text as the bytes that it stands for."""
    return text.encode("utf-8", "surrogateescape")


def names_of(joined: bytes) -> list[bytes]:
    """Every name."""
    return joined[1:-1].split(b"\0")


def has(groups: Groups, name: str) -> bool:
    """Whether this is one of the names."""
    try:
        wanted = b"\0%b\0" % bytes_of(name)
    except UnicodeEncodeError:  # no file can have that name
        return False
    return any(wanted in joined for _, joined in groups)


class NamesIn(Collection[str]):
    """The names in a directory of many, in any order: they are not decoded before somebody asks for them."""

    def __init__(self, groups: Groups, path: str) -> None:
        self._groups, self._path = groups, path
        self._known: dict[str, bool] = {}

    def __iter__(self) -> Iterator[str]:
        return (text_of(found[0]) for _, joined in self._groups for found in _NAME.finditer(joined))

    def __len__(self) -> int:
        return sum(joined.count(b"\0") - 1 for _, joined in self._groups)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        stem, dot, _ = name.partition(".")  # `index.html` is not asked for where nothing begins with `index.`
        return self._begins(stem + dot) and has(self._groups, name)

    def _begins(self, start: str) -> bool:
        known = self._known.get(start)
        if known is None:
            try:
                wanted = b"\0" + bytes_of(start)
            except UnicodeEncodeError:  # no file can have that name
                return False
            known = self._known[start] = any(wanted in joined for _, joined in self._groups)
        return known

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamesIn) and self._path == other._path

    def __hash__(self) -> int:
        return hash(self._path)

    def ending_in(self, endings: Collection[str]) -> Iterator[str]:
        """Those that end in one of some small letters, or in capitals in their place."""
        wanted = tuple(bytes_of(ending) for ending in endings)
        for _, joined in self._groups:
            low = joined.lower()
            if any(ending + b"\0" in low for ending in wanted):
                yield from (text_of(name) for name in names_of(joined) if name.lower().endswith(wanted))
