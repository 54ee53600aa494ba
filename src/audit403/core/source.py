"""The bytes of one configuration file with their positions, and what is wrong with them.

Every server's reader builds on these; what a word or a statement is, each knows for itself.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Protocol, TypeVar

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span


class Source:
    """One file's bytes; positions are worked out only when somebody asks for one."""

    __slots__ = ("_ascii", "_line_starts", "data", "path", "text")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        #: The bytes as latin-1, so that an offset into the text is an offset into the bytes.
        self.text = data.decode("latin-1")
        self._ascii = data.isascii()
        self._line_starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column (both from 1, the column in characters) of a byte offset."""
        starts = self._line_starts
        if starts is None:
            starts = self._line_starts = _line_starts(self.data)
        line = bisect_right(starts, offset)
        start = starts[line - 1]
        if self._ascii:
            return line, offset - start + 1
        return line, len(self.data[start:offset].decode("utf-8", "surrogateescape")) + 1

    def span(self, start: int, end: int) -> Span:
        """The byte range as a place to show."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(self.path, line, column, end_line, end_column, start, end)

    def __repr__(self) -> str:
        return f"Source({self.path!r}, {len(self.data)} bytes)"


class Nested(Protocol):
    """A statement of a configuration: `block` is what it holds, None where it is no block."""

    @property
    def block(self) -> Sequence[Any] | None:
        """What it holds."""
        ...


Statement = TypeVar("Statement", bound=Nested)


class Problem(NamedTuple):
    """Something in reading that the server would not take, or that could not be followed.

    Kinds: `syntax`, `bytes`, `limit`, `include`, `context`, `arguments` and `module` (which is not loaded) stop the
    server at its start; `directive` is one that nobody here knows (a module's, or a slip); `suspicious` is accepted by
    the server and hardly meant; `not-collected` is a file that the server would read on its own machine and that is
    not at hand.
    """

    span: Span
    message: str
    kind: str


def decoded_bytes(text: str) -> str:
    """Latin-1 text as the UTF-8 that its bytes are, with surrogate escapes."""
    if text.isascii():
        return text
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


def latin(text: str) -> str:
    """Text with surrogate escapes as latin-1 text, so that a character is a byte."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def every_directive(directives: list[Statement]) -> list[Statement]:
    """All statements at any depth, a block before what it holds, in the order of the file."""
    found: list[Statement] = []
    pending = [iter(directives)]
    while pending:
        for directive in pending[-1]:
            found.append(directive)
            if directive.block:
                pending.append(iter(directive.block))
                break
        else:
            pending.pop()
    return found


def _line_starts(data: bytes) -> list[int]:
    ends = accumulate(map(len, data.split(b"\n")[:-1]))
    return [0, *[end + breaks for breaks, end in enumerate(ends, 1)]]
