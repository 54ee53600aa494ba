"""The last line of a report, and the lines about what could not be audited."""

from typing import TextIO

from audit403.core.finding import SAFE, SEVERITIES, UNSAFE
from audit403.engine.audit import Judged, Report
from audit403.report.shown import Paths
from audit403.report.terminal import Style, safe, write

_MOST_LINES, _SHOWN = 10, 3
"""More targets with one reason share a line, which names so many of them."""


def summary(report: Report) -> str:
    """`3 findings (2 errors, 1 warning), 1 ignored, 1 fixable; 1 target not audited`."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for judged in report.findings:
        counts[judged.finding.severity] += 1
    total = len(report.findings)
    text = _count(total, "finding")
    if total:
        text += f" ({', '.join(_count(count, severity) for severity, count in counts.items() if count)})"
    if report.ignored:
        text += f", {report.ignored} ignored"
    fixable = sum(1 for judged in report.findings if is_fixable(judged))
    if fixable:
        text += f", {fixable} fixable"
    missed = len({missed.target for missed in report.not_audited})
    if missed:
        text += f"; {_count(missed, 'target')} not audited"
    return text


def is_fixable(judged: Judged) -> bool:
    """Whether `--fix`, with or without `--unsafe-fixes`, would write its fix."""
    fix = judged.finding.fix
    if judged.elsewhere:
        return False
    return fix is not None and fix.proven and bool(fix.edits) and fix.applicability in (SAFE, UNSAFE)


def hint(report: Report) -> str | None:
    """What to type to have the fixes written."""
    fixes = [judged.finding.fix for judged in report.findings if is_fixable(judged)]
    fixable = [fix for fix in fixes if fix is not None]
    certain = sum(1 for fix in fixable if fix.applicability == SAFE)
    unsafe = len(fixable) - certain
    if certain and unsafe:
        return f"--fix writes {certain} of the fixes, --fix --unsafe-fixes {unsafe} more; --diff shows them first"
    if certain:
        return f"--fix writes {_count(certain, 'fix', 'fixes')}; --diff shows them first"
    if unsafe:
        return f"--fix --unsafe-fixes writes {_count(unsafe, 'fix', 'fixes')}; --diff --unsafe-fixes shows them first"
    return None


def write_end(report: Report, paths: Paths, stream: TextIO, style: Style, quiet: bool) -> None:
    """What comes after the findings: what was not audited, what to type for the fixes, and the last line."""
    for line in not_audited_lines(report, paths):
        write(stream, style.paint(line, "warning") + "\n")
    if quiet:
        return
    for assumed in dict.fromkeys(judged.site.assumed for judged in report.findings if judged.site is not None):
        if assumed is not None:
            write(stream, f"assumed, because the server's own configuration is not at hand: {assumed}\n")
    advice = hint(report)
    if advice is not None:
        write(stream, advice + "\n")
    write(stream, style.paint(summary(report), "bold") + "\n")


def not_audited_lines(report: Report, paths: Paths) -> list[str]:
    """A line for each thing that could not be looked at; for many with the same reason one with their number."""
    by_reason: dict[str, list[str]] = {}
    for missed in report.not_audited:
        by_reason.setdefault(missed.reason, []).append(safe(paths.shown(missed.target)))
    lines = []
    for missed in report.not_audited:
        targets = by_reason[missed.reason]
        if len(targets) <= _MOST_LINES:
            lines.append(f"not audited: {safe(paths.shown(missed.target))}: {safe(missed.reason)}")
        elif safe(paths.shown(missed.target)) == targets[0]:
            shown = ", ".join(targets[:_SHOWN])
            lines.append(f"not audited: {shown} and {len(targets) - _SHOWN:,} more: {safe(missed.reason)}")
    return lines


def _count(number: int, what: str, many: str | None = None) -> str:
    return f"{number} {what if number == 1 else many or what + 's'}"
