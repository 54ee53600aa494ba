"""What httpd is told, directive by directive, in the order in which it acts on them, each word with its byte range.

The terms are httpd's own (include/http_config.h): a directive has a name and arguments, or is a section that holds
directives. What is done while reading is gone from the tree, as it is from httpd's: includes, macros and conditional
sections are replaced by what they bring in, and each directive says through `via` how it came.
"""

from bisect import bisect_right

from audit403.apache.read.words import first_word, values_of, words_of
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Source, decoded_bytes, latin


class Piece(NamedTuple):
    """A stretch of a line as httpd has it, and the bytes of the file that it comes from.

    `literal` bytes are the file's own, one for one; otherwise `start`..`end` is the `${VARIABLE}` that was replaced.
    """

    at: int
    start: int
    end: int
    literal: bool


class Directive:
    """One directive, or one section with its directives.

    `name` is in lower case, and a section's begins with `<`, as in httpd's own table: `require`, `<directory`.
    `block` holds a section's directives (None for a plain directive), `parent` is the section around it.
    `start`..`end` covers a section with its closing tag; `line_end` is where the line of the name ends.
    `via` is the Include, Use or conditional section that brought it in, itself with a `via`, or None.
    """

    __slots__ = (
        "_args",
        "_args_at",
        "_pieces",
        "_raw_text",
        "_span",
        "_stated",
        "_text",
        "_written",
        "block",
        "end",
        "holds",
        "line_end",
        "name",
        "parent",
        "source",
        "start",
        "via",
    )

    def __init__(
        self,
        name: str,
        source: Source,
        start: int,
        end: int,
        args_at: int,
        parent: "Directive | None" = None,
        via: "Directive | None" = None,
        text: str | None = None,
        pieces: list[Piece] | None = None,
        stated: tuple[str, int] | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.start = start
        self.end = self.line_end = end
        self.block: list[Directive] | None = None
        self.parent = parent
        self.via = via
        #: For a conditional section whether it holds, which then has brought in what stands in it.
        self.holds: bool | None = None
        self._args_at = args_at
        self._text = text
        self._pieces = pieces
        self._stated = stated
        self._args: list[str] | None = None
        self._span: Span | None = None
        self._raw_text: str | None = None
        self._written: str | None = None

    @property
    def text(self) -> str:
        """The whole line as httpd has it, latin-1: continuation lines joined, variables and macro arguments put in."""
        text = self._text
        return self.source.text[self.start : self.line_end] if text is None else text

    @property
    def arguments(self) -> str:
        """All behind the name, as `apache2 -D DUMP_CONFIG` prints it; a section's has its `>` and what follows."""
        text = self.text[self._args_at :]
        if not text and self.name.startswith("<"):
            return ">"
        return decoded_bytes(text)

    @property
    def raw(self) -> str:
        """The arguments in one string; a section's without the last `>` and what follows that."""
        raw = self._raw_text
        if raw is None:
            raw = self._raw_text = decoded_bytes(self._raw())
        return raw

    def _raw(self) -> str:
        text = self._text
        raw = self.source.text[self.start + self._args_at : self.line_end] if text is None else text[self._args_at :]
        if self.name[:1] == "<":
            stop = raw.rfind(">")
            return raw if stop < 0 else raw[:stop]
        return raw

    @property
    def args(self) -> list[str]:
        """The arguments as words, which is how all but the directives with a grammar of their own take them."""
        args = self._args
        if args is None:
            args = self._args = values_of(self._raw())
        return args

    @property
    def quoted(self) -> list[bool]:
        """For every word of `args`, whether it is written in quotes."""
        return [quoted for _, _, quoted in words_of(self._raw())]

    @property
    def written(self) -> str:
        """The name as it stands in the file; a section's with its `<`."""
        written = self._written
        if written is None:
            word, _ = first_word(self.text)
            closed = len(word) > 1 and word.endswith(">") and word[1] != "/"
            written = self._written = decoded_bytes(word[:-1] if closed else word)
        return written

    def give_name(self) -> bool:
        """Take the first argument for the name, where a space has come between it and the `<` of a section."""
        text = self.text
        word, at = first_word(text, self._args_at)
        name = word.rstrip(">")
        if not name:
            return False
        self.name = f"<{name.lower()}"
        self._args_at = at if name == word else len(text)
        self._raw_text = self._written = None
        return True

    @property
    def line(self) -> int:
        """The line of the name."""
        return self.source.position(self.start)[0]

    @property
    def stated(self) -> tuple[str, int]:
        """The file and line that httpd itself names for it: the last line of several, a macro's use."""
        return (self.source.path, self.line) if self._stated is None else self._stated

    @property
    def sections(self) -> "list[Directive]":
        """The sections around it, the outermost first; conditional ones are not among them (see `conditions`)."""
        found = []
        section = self.parent
        while section is not None:
            found.append(section)
            section = section.parent
        return found[::-1]

    @property
    def path(self) -> "list[Directive]":
        """How it was reached in reading, the outermost first: each Include, Use and conditional section."""
        found = []
        step = self.via
        while step is not None:
            found.append(step)
            step = step.via
        return found[::-1]

    @property
    def inclusions(self) -> "list[Directive]":
        """The Include and Use directives that brought it in, the outermost first."""
        return [step for step in self.path if not step.name.startswith("<")]

    @property
    def conditions(self) -> "list[Directive]":
        """The conditional sections that hold around it, the outermost first."""
        return [step for step in self.path if step.name.startswith("<")]

    @property
    def span(self) -> Span:
        """The line of the name; kept, because a decision names the same ones over and over."""
        span = self._span
        if span is None:
            span = self._span = self.source.span(self.start, self.line_end)
        return span

    @property
    def full_span(self) -> Span:
        """The whole of a section, with its closing tag."""
        return self.source.span(self.start, self.end)

    @property
    def name_span(self) -> Span:
        """The word of the name; a section's has its `<`."""
        (start, end, _), *_ = words_of(self.text)
        if end - start > 1 and self.text[end - 1] == ">":
            end -= 1
        return self._span_of(start, end)

    def arg_span(self, index: int) -> Span:
        """The word of `args[index]`, with its quotes; a word out of a variable is where the variable stands."""
        start, end, _ = words_of(self._raw())[index]
        return self._span_of(self._args_at + start, self._args_at + end)

    def raw_span(self, start: int, end: int) -> Span:
        """The characters `start`..`end` of `raw`."""
        raw = self.raw
        before, inside = latin(raw[:start]), latin(raw[start:end])
        at = self._args_at + len(before)
        return self._span_of(at, at + len(inside))

    def _span_of(self, start: int, end: int) -> Span:
        pieces = self._pieces
        if pieces is None:
            return self.source.span(self.start + start, self.start + end)
        return self.source.span(_origin(pieces, start), max(_origin(pieces, start), _origin_end(pieces, end)))

    def __repr__(self) -> str:
        text = f"{self.written} {self.arguments}".strip()
        inside = "" if self.block is None else f" ({len(self.block)})"
        return f"<{text}{inside} {self.source.path}:{self.line}>"


def _origin(pieces: list[Piece], at: int) -> int:
    """The byte of the file that the character `at` comes from."""
    piece = pieces[max(0, bisect_right(pieces, at, key=_place) - 1)]
    return min(piece.end, piece.start + at - piece.at) if piece.literal else piece.start


def _origin_end(pieces: list[Piece], at: int) -> int:
    """The byte of the file behind the character before `at`."""
    piece = pieces[max(0, bisect_right(pieces, at - 1, key=_place) - 1)]
    return min(piece.end, piece.start + at - piece.at) if piece.literal else piece.end


def _place(piece: Piece) -> int:
    return piece.at
