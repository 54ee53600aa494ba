"""Source lines with carets, in the manner of rustc: the primary place, and the others of the chain with their words."""

from collections.abc import Callable

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.report.terminal import Style, safe

TAB = "    "
_ELLIPSIS = "…"
_LEAST_TEXT = 20

ReadSource = Callable[[str], bytes | None]


class Mark(NamedTuple):
    """One place to underline: the primary one with `^`, the others with `-`."""

    where: Span
    label: str
    primary: bool


class _Row(NamedTuple):
    """One line to show, and where on it something is underlined (columns count from 0, in characters of `text`)."""

    number: int
    text: str
    marks: tuple[tuple[int, int, Mark], ...]


def snippet(marks: list[Mark], read: ReadSource, shown: Callable[[str], str], style: Style) -> list[str]:
    """The lines for all marks, file by file, the primary one's file first."""
    files = list(dict.fromkeys(mark.where.file for mark in sorted(marks, key=lambda mark: not mark.primary)))
    rows = {file: _rows([mark for mark in marks if mark.where.file == file], read(file)) for file in files}
    numbers = [row.number for found in rows.values() for row in found]
    gutter = len(str(max(numbers, default=1)))
    lines: list[str] = []
    for index, file in enumerate(files):
        first = min((mark for mark in marks if mark.where.file == file), key=lambda mark: not mark.primary)
        arrow = style.paint(" " * gutter + ("--> " if index == 0 else "::: "), "blue")
        lines.append(f"{arrow}{safe(shown(file))}:{first.where.line}:{first.where.column}")
        lines += _drawn(rows[file], gutter, style)
    return lines


def _rows(marks: list[Mark], data: bytes | None) -> list[_Row]:
    if data is None:
        return []
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.where.line, []).append(mark)
    rows = []
    for number, there in sorted(by_line.items()):
        start = _line_start(data, there[0].where)
        end = data.find(b"\n", start)
        line = data[start : len(data) if end < 0 else end].rstrip(b"\r").decode("utf-8", "surrogateescape")
        placed = [_placed(line, mark) for mark in there]
        rows.append(_Row(number, _expanded(line), tuple(sorted(placed, key=lambda found: -found[0]))))
    return rows


def _line_start(data: bytes, where: Span) -> int:
    if 0 < where.start <= len(data):
        return data.rfind(b"\n", 0, where.start) + 1
    return 0


def _placed(line: str, mark: Mark) -> tuple[int, int, Mark]:
    """From where to where the mark goes on the line as it is shown."""
    where = mark.where
    start = min(max(where.column - 1, 0), len(line))
    end = min(where.end_column - 1, len(line)) if where.end_line == where.line else len(line.rstrip())
    left = _columns(_expanded(line[:start]))
    return left, max(left + 1, left + _columns(_expanded(line[start : max(start, end)]))), mark


def _expanded(text: str) -> str:
    return safe(text.replace("\t", TAB))


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _drawn(rows: list[_Row], gutter: int, style: Style) -> list[str]:
    bar = style.paint(" " * gutter + " |", "blue")
    lines = [bar]
    last = None
    for row in rows:
        if last is not None and row.number > last + 1:
            lines.append(style.paint("...", "blue"))
        last = row.number
        text, shift = _cut(row, style.width - gutter - 4)
        lines.append(f"{style.paint(f'{row.number:>{gutter}} |', 'blue')} {text}".rstrip())
        for left, right, mark in row.marks:
            left = min(max(left - shift, 0), max(_columns(text) - 1, 0))
            right = max(right - shift, 1)
            right = min(right, max(left + 1, _columns(text)))
            sign = ("^" if mark.primary else "-") * (right - left)
            label = f" {safe(mark.label)}" if mark.label else ""
            painted = style.paint(sign + label, "error" if mark.primary else "blue")
            lines.append(f"{bar} {' ' * left}{painted}")
    lines.append(bar)
    return lines


def _cut(row: _Row, room: int) -> tuple[str, int]:
    """The part of a long line around its marks, the primary one whole, and how many columns the left lost."""
    room = max(room, _LEAST_TEXT)
    if len(row.text) <= room:
        return row.text, 0
    shown_to = max((right for _, right, mark in row.marks if mark.primary), default=0)
    fitting = [left for left, _, mark in row.marks if mark.primary or shown_to - left < room]
    spare = max(0, room - 2 - (shown_to - min(fitting))) if shown_to else room
    start = max(0, min(min(fitting) - min(spare, room // 4), len(row.text) - room + 1))
    text = row.text[start : start + room - 1]
    if start:
        text = _ELLIPSIS + text[1:]
    if start + room - 1 < len(row.text):
        text += _ELLIPSIS
    return text, start
