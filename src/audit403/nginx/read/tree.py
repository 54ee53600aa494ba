"""What a configuration file says, statement by statement, each word with its byte range.

The terms are nginx's own (src/core/ngx_conf_file.c): a directive is a name with arguments, ended by `;` or a block.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Problem, Source, every_directive
from audit403.nginx.read.words import comments_of, decoded, words_of


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
