r"""From the bytes of one file to httpd's lines: spaces around them taken away, continuations joined, comments left out.

The truth is ap_cfg_getline_core and cfg_trim_line in server/util.c: a `\` before the line break (LF or CR LF) joins the
next line to this one, in comments too, and `#` opens a comment only as the first character of a joined line.
"""

import re

from audit403.apache.read.tree import Piece
from audit403.apache.read.words import SPACES, first_word
from audit403.core.named_tuple import NamedTuple
from audit403.core.source import Source

#: A line with something on it: its first word in lower case (an opening tag's without its `>`), the bytes that it takes
#: up without the spaces around it, and where behind its start the second word begins. A plain tuple, for speed.
Line = tuple[str, int, int, int]


class Joined(NamedTuple):
    """A line of httpd's that goes over several lines of the file; `last` is the one that httpd counts it as."""

    text: str
    pieces: list[Piece]
    last: int


class Lines(NamedTuple):
    """A file's lines, those of them that are joined out of several (by their start), and the ranges of its comments."""

    lines: list[Line]
    joined: dict[int, Joined]
    comments: list[tuple[int, int]]


#: A line with a bare name (1) without backslashes, that ends with neither a space nor a backslash (2).
_PLAIN = re.compile(r"\s*+([^\s\"'\\#][^\s\\]*+)(?=\s|\Z)[^\S\n]*+([^\n]*[^\s\\]|)(?:\n|\Z)", re.ASCII)

#: A comment of one line (1), or nothing but spaces up to the end of the file.
_COMMENT = re.compile(r"\s*+(?:(#(?:[^\n]*[^\s\\])?)[^\S\n]*+(?:\n|\Z)|\Z)", re.ASCII)


def lines_of(source: Source, position: int = 0) -> Lines:
    """The lines of a file from a position on."""
    text = source.text
    found = Lines([], {}, [])
    add = found.lines.append
    match_at = _PLAIN.match
    length = len(text)
    while position < length:
        match = match_at(text, position)
        if match is None:
            position = _other_line(source, position, found)
            continue
        position = match.end()
        name = match[1]
        if name[-1] == ">":
            name = tag_name(name)
        start = match.start(1)
        args_at, end = match.span(2)
        if args_at == end:
            end = match.end(1)
            args_at = end
        add((name.lower(), start, end, args_at - start))
    return found


def tag_name(word: str) -> str:
    """The name that httpd takes a line's first word for: an opening tag's last `>` is no part of it."""
    return word[:-1] if word.endswith(">") and word[1:2] != "/" else word


def join(text: str, position: int) -> tuple[list[Piece], int, bool]:
    """One line with its continuations as pieces of the text, where the next line begins, and whether it is joined."""
    ranges: list[list[int]] = []
    joined = False
    while position < len(text):
        stop = text.find("\n", position)
        end = len(text) if stop < 0 else stop
        ranges.append([position, end])
        position = end + 1
        # httpd looks for the backslash at the end of all that is joined so far: it may be an earlier line's.
        if stop < 0 or not _drop_continuation(text, ranges):
            break
        joined = True
    else:
        position += joined  # a continuation that the file's end cuts off counts as one line more
    pieces = []
    at = 0
    for start, end in ranges:
        if start < end:
            pieces.append(Piece(at, start, end, True))
            at += end - start
    return pieces, position, joined


def _drop_continuation(text: str, ranges: list[list[int]]) -> bool:
    """Take the backslash that joins the next line off the end, with the CR behind it."""
    carriage_return = _drop(text, ranges, "\r")
    if _drop(text, ranges, "\\"):
        return True
    if carriage_return:
        ranges.append([carriage_return, carriage_return + 1])
    return False


def _drop(text: str, ranges: list[list[int]], mark: str) -> int:
    """Take this last character off the end; gives where it was, or 0 where the end is another."""
    while ranges and ranges[-1][0] == ranges[-1][1]:
        ranges.pop()
    if not ranges or text[ranges[-1][1] - 1] != mark:
        return 0
    ranges[-1][1] -= 1
    return ranges[-1][1]


def _other_line(source: Source, position: int, found: Lines) -> int:
    """Read a line that is not plain: blank, a comment, a joined one; gives where the next line begins."""
    text = source.text
    comment = _COMMENT.match(text, position)
    if comment is not None:
        if comment[1]:
            found.comments.append(comment.span(1))
        return comment.end()
    pieces, position, is_joined = join(text, position)
    whole = "".join([text[piece.start : piece.end] for piece in pieces])
    stripped = whole.strip(SPACES)
    if not stripped:
        return position
    before = whole.index(stripped)
    pieces = _cut(pieces, before, before + len(stripped))
    start, end = pieces[0].start, pieces[-1].end
    if stripped[0] == "#":
        found.comments.append((start, end))
        return position
    word, args_at = first_word(stripped)
    if not word:
        return position
    found.lines.append((tag_name(word).lower(), start, end, args_at))
    if is_joined:
        found.joined[start] = Joined(stripped, pieces, source.position(position - 1)[0])
    return position


def _cut(pieces: list[Piece], start: int, end: int) -> list[Piece]:
    """The pieces of a part of the line, which begins at 0 then."""
    found = []
    for piece in pieces:
        low, high = max(piece.at, start), min(piece.at + piece.end - piece.start, end)
        if low < high:
            found.append(Piece(low - start, piece.start + low - piece.at, piece.start + high - piece.at, True))
    return found
