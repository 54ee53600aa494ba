"""`${NAME}` in a line: the truth is ap_resolve_env in server/core.c.

A line is looked at once, before its words are told apart: a value may hold several words, and what it holds is not
looked at again. A name that is not defined stays as it is written.
"""

from audit403.apache.read.process import Process
from audit403.apache.read.tree import Piece

#: How long a line may grow by its variables; httpd itself knows no limit but its memory.
LONGEST_LINE = 1024 * 1024


class TooLong(ValueError):
    """What the variables of a line stand for is too much to put in."""


def resolve(
    text: str, start: int, pieces: list[Piece] | None, process: Process
) -> tuple[str, list[Piece], list[tuple[int, str]]]:
    """A line with its variables put in, where its stretches come from, and (offset, name) of what is not defined.

    `start` is the byte where a line without `pieces` begins in its file. All text is latin-1.
    """
    if pieces is None:
        pieces = [Piece(0, start, start + len(text), True)]
    parts: list[str] = []
    stretches: list[Piece] = []
    missing: list[tuple[int, str]] = []
    length = 0
    position = 0
    while True:
        at = text.find("${", position)
        end = text.find("}", at + 2) if at >= 0 else -1
        if end < 0:
            break
        name = text[at + 2 : end]
        value = process.value_of(name)
        if value is None:
            if ":" not in name:
                missing.append((at, name))
            # httpd goes on behind the brace; the stretch is copied with what follows it.
            literal = text[position : end + 1]
            parts.append(literal)
            stretches += pieces_between(pieces, position, end + 1, length)
            length += len(literal)
            position = end + 1
            continue
        if length + len(value) > LONGEST_LINE:
            raise TooLong
        parts += (text[position:at], value)
        stretches += pieces_between(pieces, position, at, length)
        length += at - position
        if value:
            stretches.append(replaced(pieces, at, end + 1, length))
            length += len(value)
        position = end + 1
    parts.append(text[position:])
    stretches += pieces_between(pieces, position, len(text), length)
    return "".join(parts), stretches or [replaced(pieces, 0, len(text), 0)], missing


def pieces_between(pieces: list[Piece], start: int, end: int, at: int) -> list[Piece]:
    """The pieces of the characters `start`..`end` of a line, which go to the offset `at` of another line."""
    found = []
    for index, piece in enumerate(pieces):
        upto = pieces[index + 1].at if index + 1 < len(pieces) else end
        low, high = max(piece.at, start), min(upto, end)
        if low >= high:
            continue
        if piece.literal:
            first = piece.start + low - piece.at
            found.append(Piece(at + low - start, first, first + high - low, True))
        else:
            found.append(Piece(at + low - start, piece.start, piece.end, False))
    return found


def replaced(pieces: list[Piece], start: int, end: int, at: int) -> Piece:
    """The piece of what stands at the offset `at` now in the place of the characters `start`..`end`."""
    covered = pieces_between(pieces, start, end, 0) or pieces[:1]
    return Piece(at, covered[0].start, covered[-1].end, False)
