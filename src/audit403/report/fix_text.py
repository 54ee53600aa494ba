"""A fix for people: its lines as a diff, or the commands to run."""

from collections.abc import Callable, Iterable

from audit403.core.edit import TextEdit, edited
from audit403.core.finding import MANUAL, Fix
from audit403.report.terminal import Style, safe

ReadSource = Callable[[str], bytes | None]
_MOST_LINES = 24


def fix_lines(fix: Fix, read: ReadSource, shown: Callable[[str], str], style: Style) -> list[str]:
    """The fix in the text report, without its summary."""
    lines = []
    by_file = edits_by_file(fix.edits)
    for file, edits in by_file.items():
        data = read(file)
        if data is None:
            continue
        for number, sign, text in _changed_lines(data, edits)[:_MOST_LINES]:
            where = f"{safe(shown(file))}:" if len(by_file) > 1 else ""
            lines.append(style.paint(f"{where}{number} {sign} {safe(text)}", "old" if sign == "-" else "new"))
    lines += [style.paint(f"# {safe(command)}", "new") for command in fix.commands]
    return lines


def fix_title(fix: Fix) -> str:
    """`fix (unsafe, proven)`: how far the fix may be trusted."""
    if fix.applicability == MANUAL:
        return "fix"
    how = "proven" if fix.proven else "not proven"
    return f"fix ({fix.applicability}, {how}{' as far as the configuration decides' if fix.files_unseen else ''})"


def edits_by_file(edits: Iterable[TextEdit]) -> dict[str, list[TextEdit]]:
    """The edits of each file."""
    found: dict[str, list[TextEdit]] = {}
    for edit in edits:
        found.setdefault(edit.file, []).append(edit)
    return found


def _changed_lines(data: bytes, edits: list[TextEdit]) -> list[tuple[int, str, str]]:
    """Line number (in the file as it is), sign and text of every line that goes or comes."""
    found: list[tuple[int, str, str]] = []
    for start, end, inside in _regions(data, edits):
        old = data[start:end]
        moved = [edit._replace(start=edit.start - start, end=edit.end - start) for edit in inside]
        new = edited(old, moved)
        if new is None:
            continue
        number = data.count(b"\n", 0, start) + 1
        before, after = _lines(old), _lines(new)
        same = 0
        while same < min(len(before), len(after)) and before[same] == after[same]:
            same += 1
        before, after, number = before[same:], after[same:], number + same
        while before and after and before[-1] == after[-1]:
            before.pop()
            after.pop()
        found += [(number + index, "-", line) for index, line in enumerate(before)]
        found += [(number, "+", line) for line in after]
    return found


def _regions(data: bytes, edits: list[TextEdit]) -> list[tuple[int, int, list[TextEdit]]]:
    """Whole lines around the edits, those that touch the same lines together."""
    regions: list[tuple[int, int, list[TextEdit]]] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start = data.rfind(b"\n", 0, edit.start) + 1
        ends_line = edit.end > edit.start and data[edit.end - 1 : edit.end] == b"\n"
        end = edit.end if ends_line else data.find(b"\n", edit.end) + 1
        end = len(data) if end <= 0 else end
        if regions and start < regions[-1][1]:
            first, last, inside = regions.pop()
            regions.append((first, max(last, end), [*inside, edit]))
        else:
            regions.append((start, end, [edit]))
    return regions


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
