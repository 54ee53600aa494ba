"""What an expression of a template comes to: plain values that still know where they are written, and holes.

A hole of identity is the name of something that the same documents create: it is equal to itself and to nothing
else. An open one (`⟨var.name…⟩`) may turn out to be any text.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.model.holes import OPEN_END
from audit403.s3.read.described import hole, open_hole

Pieces = tuple[tuple[int, int], ...]
"""Of a text: from which of its characters on it continues at which byte of the file."""


class Hole(NamedTuple):
    """A value that is not known. An open one may be anything at all, of any type."""

    reference: str
    is_open: bool = True

    @property
    def text(self) -> str:
        """What stands for it in a text."""
        return open_hole(self.reference) if self.is_open else hole(self.reference)


class Unordered(list["Value"]):
    """The elements of a set, each once, in the order in which a loop takes them."""


class JsonText(str):
    """A text that was made of a value: `document` still knows where its parts are written."""

    document: "Value"


class Value:
    """`value` is text, a number, True, False, None, a Hole, a list of values, or a dict of them by their keys."""

    __slots__ = ("end", "pieces", "source", "start", "value")

    def __init__(
        self, value: Any, source: Source | None = None, start: int = 0, end: int = 0, pieces: Pieces = ()
    ) -> None:
        self.value = value
        self.source = source
        self.start = start
        self.end = end
        self.pieces = pieces

    @property
    def span(self) -> Span | None:
        """Where it is written."""
        return None if self.source is None else self.source.span(self.start, self.end)

    @property
    def is_hole(self) -> bool:
        """Whether nothing of it is known."""
        return isinstance(self.value, Hole)

    def get(self, *keys: str) -> "Value | None":
        """What an object has under a key, and so on inward; None where there is nothing, or null."""
        here: Value | None = self
        for key in keys:
            inner = here.value if here is not None else None
            if isinstance(inner, list) and len(inner) == 1:  # a block of Terraform, in a plan or a state
                inner = inner[0].value
            if isinstance(inner, Hole):
                return here
            here = inner.get(key) if isinstance(inner, dict) else None
        return None if here is None or here.value is None else here

    def each(self) -> "list[Value]":
        """The values of a list, or the one that stands for one; a hole is one that is not known."""
        if self.value is None:
            return []
        return self.value if isinstance(self.value, list) else [self]

    def items(self) -> "Iterator[tuple[str, Value]]":
        """The members of an object."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def at(self, source: Source | None, start: int, end: int) -> "Value":
        """The same as written elsewhere."""
        return Value(self.value, source, start, end, self.pieces)

    def inner_span(self, start: int, end: int) -> Span | None:
        """The place of a part of a text, as near as the file shows it."""
        if self.source is None or not self.pieces:
            return self.span
        first, last = self._offset(start), self._offset(max(end - 1, start)) + 1
        return self.source.span(min(first, last - 1), last)

    def _offset(self, at: int) -> int:
        number = bisect_right(self.pieces, (at, 1 << 60)) - 1
        begin, offset = self.pieces[max(number, 0)]
        following = self.pieces[number + 1][1] if number + 1 < len(self.pieces) else self.end
        # A loop of a template goes back to where it began.
        last = following if following > offset else self.end
        return max(0, min(offset + at - begin, last, self.end - 1))

    def __repr__(self) -> str:
        return f"Value({self.value!r})"


def text_of(value: Value | None) -> str | None:
    """A value as a text; None for what is none."""
    if value is None:
        return None
    inner = value.value
    if isinstance(inner, bool):
        return "true" if inner else "false"
    if isinstance(inner, Hole):
        return inner.text
    if isinstance(inner, float):
        return f"{inner:.0f}" if inner.is_integer() and abs(inner) < 1e15 else repr(inner)
    return str(inner) if isinstance(inner, str | int) else None


def truth_of(value: Value | None) -> bool | None:
    """A value as yes or no; None for what is neither."""
    inner = None if value is None else value.value
    if isinstance(inner, str):
        return {"true": True, "false": False}.get(inner.lower())
    return inner if isinstance(inner, bool) else None


def plain(value: Value) -> Any:
    """The value in Python's own types, holes as text."""
    inner = value.value
    if isinstance(inner, list):
        return [plain(each) for each in inner]
    if isinstance(inner, dict):
        return {key: plain(each) for key, each in inner.items()}
    return inner if inner is None or isinstance(inner, str | int | float) else inner.text


def hole_in(value: Value) -> Hole | None:
    """The first hole of a value that is not inside a text."""
    inner = value.value
    if isinstance(inner, Hole):
        return inner
    parts = inner if isinstance(inner, list) else inner.values() if isinstance(inner, dict) else ()
    return next((found for found in map(hole_in, parts) if found is not None), None)


def is_settled(value: Value) -> bool:
    """Whether nothing in a value is open, be it inside a text."""
    inner = value.value
    if isinstance(inner, str):
        return OPEN_END not in inner
    if isinstance(inner, Hole):
        return not inner.is_open
    parts = inner if isinstance(inner, list) else inner.values() if isinstance(inner, dict) else ()
    return all(map(is_settled, parts))
