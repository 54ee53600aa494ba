"""What a configuration file says, statement by statement, each word with its byte range.

The terms are nginx's own (src/core/ngx_conf_file.c): a directive is a name with arguments, ended by `;` or a block.
"""

from bisect import bisect_right

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.nginx.read.words import comments_of, decoded, words_of


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


class Directive:
    """One statement: `name` and `args` exactly as nginx reads them (UTF-8 with surrogate escapes).

    `start`..`end` covers the whole statement with its `;` or its block; `block_start` is the offset of `{` (-1 without
    a block). `body` is the text of a lua block, which nginx does not parse either.
    """

    __slots__ = ("_span", "_words", "args", "block", "block_start", "body", "end", "name", "source", "start")

    def __init__(
        self, name: str, args: list[str], source: Source, start: int, end: int, words: list["Word"] | None = None
    ) -> None:
        self.name = name
        self.args = args
        self.source = source
        self.start = start
        self.end = end
        self.block: list[Directive] | None = None
        self.block_start = -1
        self.body: str | None = None
        self._words = words
        self._span: Span | None = None

    @property
    def _located(self) -> list["Word"]:
        words = self._words
        if words is None:
            stop = self.end if self.block_start < 0 else self.block_start + 1
            words = self._words = [Word(*found) for found in words_of(self.source.text, self.start, stop)]
        return words

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """The byte range of every word, the name's first, with its quotes."""
        return [(word.start, word.end) for word in self._located]

    @property
    def quoted(self) -> list[bool]:
        """For every word, the name's first, whether it is written in quotes."""
        return [word.quoted for word in self._located]

    @property
    def line(self) -> int:
        """The line of the name."""
        return self.source.position(self.start)[0]

    @property
    def span(self) -> Span:
        """From the name to the `;` or `{`, inclusive; kept, because a decision names the same ones over and over."""
        span = self._span
        if span is None:
            span = self.source.span(self.start, self.end if self.block_start < 0 else self.block_start + 1)
            self._span = span
        return span

    @property
    def full_span(self) -> Span:
        """The whole statement with its block."""
        return self.source.span(self.start, self.end)

    def arg_span(self, index: int) -> Span:
        """The word of `args[index]`, with its quotes."""
        word = self._located[index + 1]
        return self.source.span(word.start, word.end)

    @property
    def name_span(self) -> Span:
        """The word of the name."""
        word = self._located[0]
        return self.source.span(word.start, word.end)

    def __repr__(self) -> str:
        words = " ".join([self.name, *self.args])
        return f"<{words}{';' if self.block is None else f' {{{len(self.block)}}}'} {self.source.path}:{self.line}>"


class Word(NamedTuple):
    """One word of a statement: where it is written, with its quotes, and what nginx reads."""

    start: int
    end: int
    quoted: bool

    def text(self, source: Source) -> str:
        """The word as nginx reads it."""
        if self.quoted:
            return decoded(source.text[self.start + 1 : self.end - 1])
        return decoded(source.text[self.start : self.end])


class Problem(NamedTuple):
    """Something in reading that nginx would not take, or that could not be followed.

    Kinds: `syntax`, `bytes`, `limit`, `include`, `context` and `arguments` stop nginx at its start; `directive` is one
    that nobody here knows (a module's, or a slip); `suspicious` is accepted by nginx and hardly meant; `not-collected`
    is a file that nginx would read on its own machine and that is not at hand.
    """

    span: Span
    message: str
    kind: str


class ParsedFile:
    """One file: its statements, what is wrong with it, and its comments."""

    __slots__ = ("_comments", "directives", "problems", "source")

    def __init__(self, source: Source, directives: list[Directive], problems: list[Problem]) -> None:
        self.source = source
        self.directives = directives
        self.problems = problems
        self._comments: list[tuple[int, int]] | None = None

    @property
    def path(self) -> str:
        """The file's path."""
        return self.source.path

    @property
    def comments(self) -> list[tuple[int, int]]:
        """The byte ranges of the comments, from `#` to the end of the line without its line break."""
        if self._comments is None:
            opaque = [(d.block_start, d.end) for d in every_directive(self.directives) if d.body is not None]
            self._comments = comments_of(self.source.text, 0, len(self.source.text), opaque)
        return self._comments

    def __repr__(self) -> str:
        return f"<{self.path}: {len(self.directives)} statements, {len(self.problems)} problems>"


def every_directive(directives: list[Directive]) -> list[Directive]:
    """All statements at any depth, in the order of the file; includes are not followed."""
    found: list[Directive] = []
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
    starts = [0]
    find = data.find
    at = find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = find(b"\n", at + 1)
    return starts
