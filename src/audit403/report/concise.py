"""One line a finding: `path:line:column: severity[rule] message`."""

from typing import TextIO

from audit403.core.place import PathPlace, Place, Span
from audit403.engine.audit import Report
from audit403.report.shown import Paths
from audit403.report.summary import not_audited_lines, summary
from audit403.report.terminal import Style, safe, write


def write_concise(report: Report, paths: Paths, stream: TextIO, style: Style, quiet: bool) -> None:
    """Write the report."""
    for judged in report.findings:
        finding = judged.finding
        mark = style.paint(f"{finding.severity}[{finding.rule}]", finding.severity)
        write(stream, f"{safe(_where(finding.where, paths))}: {mark} {safe(finding.message)}\n")
    for line in not_audited_lines(report, paths):
        write(stream, line + "\n")
    if not quiet:
        write(stream, summary(report) + "\n")


def _where(place: Place, paths: Paths) -> str:
    if isinstance(place, Span):
        return f"{paths.shown(place.file)}:{place.line}:{place.column}"
    return place.path if isinstance(place, PathPlace) else f"{place.bucket}:{place.statement}"
