"""The table of an audit of many hosts: a line for each of which something is to be said, the worst first."""

import re
from collections.abc import Sequence

from audit403.core.named_tuple import NamedTuple
from audit403.report.terminal import Style, safe

_MOST_ROWS = 60
_WIDEST_NAME = 40
_LONGEST_NUMBER = 19
_NUMBERS = re.compile(r"(\d+)")
_HEADINGS = ("host", "servers", "errors", "warnings", "not audited", "seconds")


class Row(NamedTuple):
    """A host: `missed` counts what was not audited of it, and is None for all of it."""

    host: str
    servers: int
    errors: int
    warnings: int
    missed: int | None
    seconds: float

    def is_quiet(self) -> bool:
        """Whether there is nothing to say of it."""
        return not self.errors and not self.warnings and self.missed == 0


def table(rows: Sequence[Row], style: Style) -> list[str]:
    """The lines; where hosts are many, those without anything to say are only counted."""
    told = [row for row in rows if not row.is_quiet()] if len(rows) > _MOST_ROWS else list(rows)
    told.sort(key=lambda row: (-row.errors, -row.warnings, row.missed is not None, natural(row.host)))
    shown = told[:_MOST_ROWS]
    cells = [_HEADINGS, *(_cells(row) for row in shown)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    headings, *lines = [
        "  ".join(
            f"{cell:>{width}}" if column else f"{cell:<{width}}" for column, (cell, width) in _numbered(line, widths)
        )
        for line in cells
    ]
    painted = [_painted(line, row, style) for line, row in zip(lines, shown, strict=True)]
    return [style.paint(headings, "bold"), *painted, *_rest(len(told) - len(shown), len(rows) - len(told))]


def natural(name: str) -> list[tuple[int, str]]:
    """By this web2 comes before web10."""
    return [
        (int(part) if part.isdecimal() and len(part) < _LONGEST_NUMBER else -1, part) for part in _NUMBERS.split(name)
    ]


def _numbered(line: Sequence[str], widths: Sequence[int]) -> "enumerate[tuple[str, int]]":
    return enumerate(zip(line, widths, strict=True))


def _rest(more: int, quiet: int) -> list[str]:
    lines = []
    if more:
        lines.append(f"… and {more:,} more with findings, or not audited")
    if quiet:
        lines.append(f"and {quiet:,} {'host' if quiet == 1 else 'hosts'} with nothing to say")
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    name = safe(row.host)
    shown = name if len(name) <= _WIDEST_NAME else f"{name[: _WIDEST_NAME - 1]}…"
    if row.missed is None:
        return shown, "–", "–", "–", "all", f"{row.seconds:.1f}"
    return shown, str(row.servers), str(row.errors), str(row.warnings), str(row.missed), f"{row.seconds:.1f}"


def _painted(line: str, row: Row, style: Style) -> str:
    if row.errors:
        return style.paint(line, "error")
    return style.paint(line, "warning") if row.warnings or row.missed is None else line
