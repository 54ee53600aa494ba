"""The text report in the manner of rustc: the refused request, the lines with carets, the chain, the log, the fix."""

import re
from collections.abc import Callable
from typing import TextIO

from audit403.core.finding import Finding, Fix
from audit403.core.place import PathPlace, Place, Span
from audit403.core.request import Request
from audit403.engine.audit import Judged, Report
from audit403.report.fix_text import fix_lines, fix_title
from audit403.report.shown import Paths
from audit403.report.snippet import Mark, snippet
from audit403.report.summary import write_end
from audit403.report.terminal import Style, safe, write

_MOST_ALIKE = 6
_FORBIDDEN = 403
_FATE = {True: "let in", False: "shut out", None: "not known"}
_MOST_OPENED = 5
_MOST_CLIENTS = 3
_SHOWN_HEADERS = ("user-agent",)
_LITERAL = re.compile(r"`[^`]*`|\"[^\"]*\"|\S*[\d/.]\S*")


def write_full(report: Report, paths: Paths, stream: TextIO, style: Style, quiet: bool) -> None:
    """Write the report; equal findings are folded into one with their number."""
    for group in _alike(report):
        write(stream, _finding(group, paths, style) + "\n\n")
    write_end(report, paths, stream, style, quiet)


def finding_text(judged: Judged, paths: Paths, style: Style) -> str:
    """One finding, as it stands in the report."""
    return _finding([judged], paths, style)


def _alike(report: Report) -> list[list[Judged]]:
    """The findings, those that differ only in names and numbers together."""
    groups: dict[tuple[str, ...], list[Judged]] = {}
    for judged in report.findings:
        finding, fix = judged.finding, judged.finding.fix
        fixed = None if fix is None else (fix.applicability, fix.summary, fix.proven)
        groups.setdefault(alike(finding.rule, finding.severity, finding.message, fixed), []).append(judged)
    return list(groups.values())


def alike(rule: str, severity: str, message: str, fix: tuple[str, str, bool] | None) -> tuple[str, ...]:
    """What findings have in common that differ only in names and numbers; a fix is told by how far to trust it, too."""
    applicability, summary, proven = ("", "", "") if fix is None else fix
    return rule, severity, _plain(message), applicability, _plain(summary), str(proven)


def _plain(text: str) -> str:
    return _LITERAL.sub("…", text)


def _finding(group: list[Judged], paths: Paths, style: Style) -> str:
    judged = group[0]
    finding = judged.finding
    lines = [
        style.paint(f"{finding.severity}[{finding.rule}]", finding.severity)
        + style.paint(": " + style.wrapped(safe(finding.message), "  "), "bold")
    ]
    if finding.request is not None:
        status = "403 Forbidden" if finding.status == _FORBIDDEN else str(finding.status or "let through")
        lines.append(f"  {style.paint('request', 'bold')}  {safe(request_text(finding.request))} → {status}")
    if finding.who:
        lines.append(f"  {style.paint('hits', 'bold')}     {safe(finding.who)}")
    lines += _places(finding, _reader(judged), paths, style)
    lines += _notes(finding, _reader(judged), paths, style)
    if len(group) > 1:
        lines.append(_others(group, paths, style))
    lines.append(_note("help", f"audit403 rules {finding.rule}", style))
    return "\n".join(lines)


def _places(finding: Finding, read: Callable[[str], bytes | None], paths: Paths, style: Style) -> list[str]:
    lines: list[str] = []
    marks: list[Mark] = []
    others: list[tuple[Place, str]] = []
    own = next((link.message for link in finding.because if link.where == finding.where), "")
    if isinstance(finding.where, Span):
        is_refused = finding.request is not None and finding.status == _FORBIDDEN
        marks.append(Mark(finding.where, own or ("refused here" if is_refused else ""), True))
    else:
        others.append((finding.where, own))
    for link in finding.because:
        if link.where == finding.where:
            continue
        if isinstance(link.where, Span):
            marks.append(Mark(link.where, link.message, False))
        else:
            others.append((link.where, link.message))
    if marks:
        lines += snippet(marks, read, paths.shown, style)
    return [*(_entry(place, message, style) for place, message in others), *lines]


def _entry(place: Place, message: str, style: Style) -> str:
    """A line as of `namei -l`, or a statement."""
    words = f"  {style.paint('←', 'blue')} {safe(message)}" if message else ""
    if isinstance(place, PathPlace):
        if place.mode is None:
            return f"  {safe(place.path)}{words}"
        owner = f"{place.owner or '?'}:{place.group or '?'}"
        return f"  {_letters(place.mode)} {place.mode:04o} {safe(owner)} {style.paint(safe(place.path), 'bold')}{words}"
    if isinstance(place, Span):
        return f"  {safe(place.file)}:{place.line}:{place.column}{words}"
    if place.policy is None:
        return f"  {safe(place.bucket)}: statement {safe(place.statement)}{words}"
    bucket = "" if place.bucket in place.policy else f"{place.bucket}: "
    return f"  {safe(bucket)}{safe(place.statement)}{' of ' if place.statement else ''}{safe(place.policy)}{words}"


def _letters(mode: int) -> str:
    """Permission bits as `ls -l` shows them."""
    text = "".join(letter if mode >> (8 - index) & 1 else "-" for index, letter in enumerate("rwxrwxrwx"))
    for bit, index, letter in ((0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")):
        if mode & bit:
            text = text[:index] + (letter if text[index] == "x" else letter.upper()) + text[index + 1 :]
    return text


def _notes(finding: Finding, read: Callable[[str], bytes | None], paths: Paths, style: Style) -> list[str]:
    lines = []
    if finding.says is not None:
        lines.append(_note("answer", f"the answer says: {safe(finding.says)}", style))
    elif finding.status == _FORBIDDEN and finding.request is not None:
        said = f"says: {safe(finding.log)}" if finding.log else "says nothing about it"
        lines.append(_note("log", f"the server's error log {said}", style))
    fix = finding.fix
    if fix is not None:
        lines.append(_note(fix_title(fix), safe(fix.summary), style))
        lines += [f"      {line}" for line in fix_lines(fix, read, paths.shown, style)]
        lines += [f"      {line}" for line in _visitors(fix)]
        lines += [style.paint(f"      {line}", "warning") for line in _opened(fix, finding.request)]
    return lines


def _opened(fix: Fix, witness: Request | None) -> list[str]:
    """What a fix opens besides the witness: an address once with all its clients, and not again what the table says."""
    clients: dict[str, list[str]] = {}
    for request in fix.also_opens:
        address, _, client = request.partition(" from ")
        if witness is None or (address, client) != (f"{witness.method} {witness.url()}", witness.client):
            clients.setdefault(address, []).append(client)
    if fix.visitors and witness is not None:
        clients.pop(f"{witness.method} {witness.url()}", None)
    lines = [f"also opens: {safe(address)} from {safe(_some(of))}" for address, of in clients.items()]
    more = len(lines) - _MOST_OPENED
    return lines if more <= 0 else [*lines[:_MOST_OPENED], f"… and {more} addresses more"]


def _some(clients: list[str]) -> str:
    more = len(clients) - _MOST_CLIENTS
    return ", ".join(clients[:_MOST_CLIENTS]) + (f" and {more} more" if more > 0 else "")


def _visitors(fix: Fix) -> list[str]:
    """A table of whom the fix lets in."""
    if not fix.visitors:
        return []
    rows = [
        ("", "now", "with the fix"),
        *((safe(one.who), _FATE[one.before], _FATE[one.after]) for one in fix.visitors),
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{row[0]:<{first}}  {row[1]:<{second}}  {row[2]}".rstrip() for row in rows]


def _note(title: str, text: str, style: Style) -> str:
    return f"  {style.paint('=', 'blue')} {style.paint(title, 'bold')}: {style.wrapped(text, '    ')}"


def _others(group: list[Judged], paths: Paths, style: Style) -> str:
    """Where the same was found again: a line may be one of several servers."""
    first, others = group[0].finding, [judged.finding for judged in group[1:]]
    places = list(dict.fromkeys(safe(_again(one, first, paths)) for one in others))
    more = f", and {len(places) - _MOST_ALIKE} more" if len(places) > _MOST_ALIKE else ""
    count = f"{len(others)} {'time' if len(others) == 1 else 'times'} more"
    return _note("alike", f"{count}: {', '.join(places[:_MOST_ALIKE])}{more}", style)


def _again(finding: Finding, first: Finding, paths: Paths) -> str:
    if finding.where != first.where:
        return _short(finding.where, paths)
    return "in the same line" if finding.request is None else f"the same line for {finding.request.host}"


def _short(place: Place, paths: Paths) -> str:
    if isinstance(place, Span):
        return f"{paths.shown(place.file)}:{place.line}"
    return place.path if isinstance(place, PathPlace) else f"{place.bucket}: {place.statement}"


def _reader(judged: Judged) -> Callable[[str], bytes | None]:
    site = judged.site
    return lambda path: None if site is None else site.source(path)


def request_text(request: Request) -> str:
    """A request in one line, with the headers that say something."""
    text = f"{request.method} {request.url()} from {request.client}"
    headers = [f"{name}: {value}" for name, value in request.headers if name.lower() not in _SHOWN_HEADERS]
    return f"{text} with {'; '.join(headers)}" if headers else text
