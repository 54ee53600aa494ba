"""Where lines come from while a configuration is read: a file, and the macros that are put into it.

The truth for what happens at the end of a macro is array_getch and array_getstr in modules/core/mod_macro.c.
"""

from audit403.apache.read.lines import Joined, Line, join
from audit403.apache.read.macro import Expanded, add_line
from audit403.apache.read.parse import ParsedFile
from audit403.apache.read.process import MacroLine
from audit403.apache.read.tree import Directive, Piece
from audit403.apache.read.variables import pieces_between
from audit403.apache.read.words import SPACES
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import Source


class Reading:
    """A file, or a macro that is put in before the rest of one (`next`)."""

    __slots__ = (
        "depth",
        "has_variables",
        "index",
        "is_put_together",
        "joined",
        "lines",
        "name",
        "next",
        "origins",
        "source",
        "unfinished",
        "via",
    )

    def __init__(self, name: str, source: Source, lines: list[Line], joined: dict[int, Joined]) -> None:
        #: How httpd calls it in its messages.
        self.name = name
        self.source = source
        self.lines = lines
        self.joined = joined
        self.index = 0
        self.has_variables = "${" in source.text
        #: Where a macro's lines are written.
        self.origins: list[MacroLine] | None = None
        self.next: Reading | None = None
        #: The last line of a macro, if it goes on with the next one of what it is put into.
        self.unfinished: MacroLine | None = None
        #: Whether it is one line, made of a macro's end and what stands behind it: nothing is lost behind that.
        self.is_put_together = False
        #: The Use that put a macro in, and how many frames there were at that moment.
        self.via: Directive | None = None
        self.depth = 0

    def joined_at(self, index: int) -> tuple[Source, Joined | None]:
        """Where a line is written, and its text if that is not the file's own."""
        if self.origins is not None:
            return self.origins[index].source, self.joined[index]
        return self.source, self.joined.get(self.lines[index][1]) if self.joined else None

    def blanks_before(self, index: int) -> int:
        """How many blank lines there are between a line and the one before it, comments not counted."""
        if self.origins is not None:
            return max(0, self.joined[index].last - (self.joined[index - 1].last if index else 0) - 1)
        text = self.source.text
        position = 0 if index == 0 else join(text, self.lines[index - 1][1])[1]
        blanks = 0
        while position < self.lines[index][1]:
            pieces, position, _ = join(text, position)
            blanks += not any(text[piece.start : piece.end].strip(SPACES) for piece in pieces)
        return blanks


class RawLine(NamedTuple):
    """A line without its variables put in; `blanks` is how many blank lines stand before it."""

    text: str
    source: Source
    start: int
    end: int
    pieces: list[Piece] | None
    blanks: int


class Level:
    """One inclusion of a file: where its lines come from now, and the closing tags of which nothing need be said."""

    __slots__ = ("depth", "excess", "file", "forgiven", "lost", "reading")

    def __init__(self, file: ParsedFile, depth: int) -> None:
        self.file = file
        self.reading = Reading(file.path, file.source, file.lines.lines, file.lines.joined)
        self.depth = depth
        self.forgiven: list[str] = []
        self.excess: dict[str, int] | None = None
        #: The lines that httpd loses behind a macro: where each is written.
        self.lost: list[tuple[Source, int, int]] = []

    def put_in(self, reading: Reading) -> None:
        """Read a macro's lines next."""
        reading.next = self.reading
        self.reading = reading

    def next_line(self, count_blanks: bool = False) -> RawLine | None:
        """The next line, whatever it means; None at the end of the file."""
        while self.reading.index >= len(self.reading.lines):
            if not self.resume():
                return None
        reading = self.reading
        index = reading.index
        reading.index += 1
        _, start, end, _ = reading.lines[index]
        source, joined = reading.joined_at(index)
        blanks = reading.blanks_before(index) if count_blanks else 0
        if joined is None:
            return RawLine(source.text[start:end], source, start, end, None, blanks)
        pieces = joined.pieces
        return RawLine(joined.text, source, pieces[0].start, pieces[-1].end, pieces, blanks)

    def resume(self) -> bool:
        """Go on behind a macro that has been read; False where there is nothing behind it."""
        done = self.reading
        if done.next is None:
            return False
        self.reading = done.next
        if not done.is_put_together and (done.unfinished is not None or self.reading.origins is None):
            self._go_on(done)
        return True

    def _go_on(self, done: Reading) -> None:
        """Read the line behind the Use together with an unfinished one; a file's last line may be lost there.

        httpd reads the first line behind a macro byte by byte, and forgets it if the file ends before the line does.
        """
        outer = self.reading
        if outer.origins is None:
            more, number = self._after_use(outer, done.unfinished is not None)
        else:
            more, number = None, (done.via.stated[1] if done.via is not None else 0) + 1
            if outer.index < len(outer.lines) and outer.joined[outer.index].last == number:
                joined = outer.joined[outer.index]
                more = MacroLine(joined.text, outer.origins[outer.index].source, joined.pieces)
                outer.index += 1
        if done.unfinished is not None or more is not None:
            self._put_together(done, done.unfinished or MacroLine("", outer.source, []), more, number)

    def _after_use(self, outer: Reading, wanted: bool) -> tuple[MacroLine | None, int]:
        """What httpd reads behind a Use if that is `wanted` or not all there is, and the line that it counts it as."""
        text = outer.source.text
        position = join(text, outer.lines[outer.index - 1][1])[1]
        if position >= len(text):
            return None, outer.source.position(len(text))[0] + (not text.endswith("\n"))
        pieces, end, _ = join(text, position)
        number = outer.source.position(end - 1)[0]
        if end > len(text) and not text.endswith("\n"):
            last = max(position, text.rfind("\n") + 1)
            self.lost.append((outer.source, last, len(text)))
            pieces = [piece for piece in pieces if piece.start < last]
        elif not wanted:
            return None, number
        while outer.index < len(outer.lines) and outer.lines[outer.index][1] < end:
            outer.index += 1
        return MacroLine("".join([text[piece.start : piece.end] for piece in pieces]), outer.source, pieces), number

    def _put_together(self, done: Reading, unfinished: MacroLine, more: MacroLine | None, number: int) -> None:
        """Read the two as one line next."""
        text, pieces = unfinished.text, unfinished.pieces
        if more is not None:
            if more.source is unfinished.source:
                pieces = pieces + pieces_between(more.pieces, 0, len(more.text), len(text))
            else:
                end = pieces[-1].end if pieces else 0
                pieces = [*pieces, Piece(len(text), end, end, False)]
            text += more.text
        whole = Expanded([], {}, [], None)
        add_line(whole, MacroLine(text, unfinished.source, pieces), number)
        reading = Reading(self.reading.name, done.source, whole.lines, whole.joined)
        reading.origins = whole.origins
        reading.via, reading.depth = done.via, done.depth
        reading.is_put_together = True
        reading.next = self.reading
        self.reading = reading
