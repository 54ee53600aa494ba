"""From the bytes of one file to its lines, with what is wrong with them whatever they mean."""

import re
from bisect import bisect_right

from audit403.apache.read.lines import Line, Lines, join, lines_of
from audit403.apache.read.words import words_of
from audit403.core.place import Span
from audit403.core.source import Problem, Source, decoded_bytes

#: VARBUF_MAX_LEN and HUGE_STRING_LEN of httpd: a joined line with its line break must fit in it.
LONGEST_LINE = 16 * 1024 * 1024
LONGEST_HTACCESS_LINE = 8192
LARGEST_FILE = 32 * 1024 * 1024
MOST_LINES = 1_000_000
MOST_ODD_SPACES = 20

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: Spaces to people, letters to httpd: NBSP, ZWSP, LS, PS, IDEOGRAPHIC SPACE and ZWNBSP in UTF-8.
_ODD_SPACE = re.compile("\xc2\xa0|\xe2\x80[\x8b\xa8\xa9]|\xe3\x80\x80|\xef\xbb\xbf")


class ParsedFile:
    """One file: its lines, its comments, and what is wrong with its text."""

    __slots__ = ("lines", "problems", "source")

    def __init__(self, source: Source, lines: Lines, problems: list[Problem]) -> None:
        self.source = source
        self.lines = lines
        self.problems = problems

    @property
    def path(self) -> str:
        """The file's path."""
        return self.source.path

    @property
    def comments(self) -> list[tuple[int, int]]:
        """The byte ranges of the comments, from `#` to the end of the last line that belongs to it."""
        return self.lines.comments

    def __repr__(self) -> str:
        return f"<{self.path}: {len(self.lines.lines)} lines, {len(self.problems)} problems>"


def parse(path: str, data: bytes, longest_line: int = LONGEST_LINE) -> ParsedFile:
    """Read one file; never fails, whatever the bytes are."""
    refused = _refusal(data)
    if refused is not None:
        return refused_file(path, *refused)
    source = Source(path, data)
    problems: list[Problem] = []
    begin = 0
    if data.startswith(_BYTE_ORDER_MARK):
        begin = len(_BYTE_ORDER_MARK)
        message = (
            "the file begins with a byte order mark, which httpd takes for a part of the first word: "
            "expected plain UTF-8"
        )
        problems.append(Problem(source.span(0, begin), message, "bytes"))
    lines = lines_of(source, begin)
    if len(data) >= longest_line:
        problems += _too_long(source, longest_line)
    if not data.isascii():
        problems += _odd_spaces(source, lines, begin)
    return ParsedFile(source, lines, problems)


def refused_file(path: str, message: str, kind: str) -> ParsedFile:
    """A file that was not read, with its one problem."""
    return ParsedFile(Source(path, b""), Lines([], {}, []), [Problem(Span(path, 1, 1, 1, 1, 0, 0), message, kind)])


def too_large(size: int) -> str:
    """The message about a file of `size` bytes."""
    return f"this file has {size:,} bytes and was not read: at most {LARGEST_FILE:,} are"


def _refusal(data: bytes) -> tuple[str, str] | None:
    """Why a file of this content is not read at all, or None."""
    if len(data) > LARGEST_FILE:
        return too_large(len(data)), "limit"
    if b"\0" in data:
        return "this file is not text: a configuration file has no NUL bytes; it was not read", "bytes"
    if len(data) > 2 * MOST_LINES and data.count(b"\n") > MOST_LINES:
        return f"this file has more than {MOST_LINES:,} lines and was not read", "limit"
    return None


def _too_long(source: Source, longest: int) -> list[Problem]:
    """The first line that httpd cannot hold: it reads no further."""
    text = source.text
    position = 0
    while position < len(text):
        begin = position
        pieces, position, _ = join(text, position)
        size = sum(piece.end - piece.start for piece in pieces) + (position <= len(text))
        if size > longest:
            message = f"line too long: httpd holds at most {longest:,} bytes of one line here"
            return [Problem(source.span(begin, begin), message, "limit")]
    return []


def _odd_spaces(source: Source, lines: Lines, begin: int) -> list[Problem]:
    """Spaces that are none to httpd: it takes a no-break space for a part of the word."""
    found: list[Problem] = []
    line: Line | None = None
    quoted: list[tuple[int, int]] = []
    for match in _ODD_SPACE.finditer(source.text, begin):
        start = match.start()
        if line is None or start >= line[2]:
            line = _line_with(lines, start)
            if line is None:
                continue
            words = words_of(source.text[line[1] : line[2]])
            quoted = [(line[1] + low, line[1] + high) for low, high, is_quoted in words if is_quoted][::-1]
        # Whether such a name is looked at is seen later; within quotes it may well be meant.
        if start < line[1] + line[3]:
            continue
        while quoted and quoted[-1][1] <= start:
            quoted.pop()
        if quoted and quoted[-1][0] <= start:
            continue
        found.append(Problem(source.span(*match.span()), odd_space_message(match[0]), "suspicious"))
        if len(found) >= MOST_ODD_SPACES:
            break
    return found


def odd_space_in(name: str) -> str:
    """What to say about a name, in latin-1, with such a space in it; empty without one."""
    match = _ODD_SPACE.search(name)
    return "" if match is None else odd_space_message(match[0])


def odd_space_message(space: str) -> str:
    """What to say about a space, given as its bytes in latin-1."""
    return f"U+{ord(decoded_bytes(space)):04X} is no space to httpd but a part of this word: expected an ordinary space"


def _line_with(lines: Lines, offset: int) -> Line | None:
    index = bisect_right(lines.lines, offset, key=_end_of)
    if index == len(lines.lines) or lines.lines[index][1] > offset:
        return None
    return lines.lines[index]


def _end_of(line: Line) -> int:
    return line[2]
