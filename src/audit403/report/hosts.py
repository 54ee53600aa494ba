"""Many hosts for people: what is equal on several said once, what was not audited, and a line for each host."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from audit403.core.finding import ERROR, SEVERITIES, WARNING
from audit403.core.named_tuple import NamedTuple
from audit403.report.full import alike
from audit403.report.hosts_table import Row, natural, table
from audit403.report.terminal import Style, safe, write

if TYPE_CHECKING:
    from audit403.host.fleet import HostResult

_MOST_NAMES = 8
_MOST_ALIKE = 6
_KEPT_TEXTS = 20


class _Equal(NamedTuple):
    """A finding with the hosts that have it in equal words; of many that are alike not every text is kept."""

    text: str
    place: str
    hosts: list[str]


class Hosts:
    """Takes in results as they come; of equal findings it keeps one."""

    def __init__(self) -> None:
        self.fails = False
        """Whether a finding is at or above `fail-on`."""
        self.is_incomplete = False
        self.faults: dict[str, None] = {}
        """Sentences about settings that cannot be used."""
        self._rows: list[Row] = []
        self._alike: dict[tuple[str, ...], dict[str, _Equal]] = {}
        self._missed: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._counts = dict.fromkeys(SEVERITIES, 0)

    def add(self, result: "HostResult") -> None:
        """One more host."""
        host, report = result.host, result.report
        if report is None:
            self.is_incomplete = True
            self._miss(host, "", result.fault or "nothing came of it")
            self._rows.append(Row(host, 0, 0, 0, None, result.seconds))
            return
        self.fails = self.fails or bool(report["fails"])
        self.is_incomplete = self.is_incomplete or bool(report["not_audited"])
        self.faults.update(dict.fromkeys(report["faults"]))
        for finding in report["findings"]:
            self._find(host, finding, report["texts"].get(finding["fingerprint"]))
        for missed in report["not_audited"]:
            self._miss(host, "" if missed["target"] == host else missed["target"], missed["reason"])
        counts = dict.fromkeys(SEVERITIES, 0)
        for finding in report["findings"]:
            counts[finding["severity"]] += 1
        servers, count = len(report["servers"]), len(report["not_audited"])
        self._rows.append(Row(host, servers, counts[ERROR], counts[WARNING], count, result.seconds))

    def write_full(self, stream: TextIO, style: Style, quiet: bool) -> None:
        """Findings, what was not audited, the table, the last line."""
        for key in sorted(self._alike, key=self._worst_first):
            write(stream, _finding(list(self._alike[key].values()), style) + "\n\n")
        self.write_end(stream, style, quiet)

    def write_end(self, stream: TextIO, style: Style, quiet: bool) -> None:
        """What comes after the findings."""
        for line in self._missed_lines():
            write(stream, style.paint(line, "warning") + "\n")
        if quiet:
            return
        if len(self._rows) > 1:
            write(stream, "\n".join(table(self._rows, style)) + "\n\n")
        write(stream, style.paint(self.summary(), "bold") + "\n")

    def summary(self) -> str:
        """`12 findings on 3 of 40 hosts (2 errors, 10 warnings), 4 different; 1 host not audited`."""
        total = sum(self._counts.values())
        different = [equal for equals in self._alike.values() for equal in equals.values()]
        hit = len({host for equal in different for host in equal.hosts})
        text = f"{_count(total, 'finding')} on {hit:,} of {_count(len(self._rows), 'host')}"
        if total:
            text += f" ({', '.join(_count(count, severity) for severity, count in self._counts.items() if count)})"
        if len(different) < total:
            text += f", {len(different):,} different"
        missed = sum(row.missed is None for row in self._rows)
        if missed:
            text += f"; {_count(missed, 'host')} not audited"
        partly = sum(bool(row.missed) for row in self._rows)
        if partly:
            text += f"; {_count(partly, 'host')} not audited in full"
        return text

    def _find(self, host: str, finding: dict[str, Any], text: str | None) -> None:
        self._counts[finding["severity"]] += 1
        fix = finding["fix"]
        fixed = None if fix is None else (fix["applicability"], fix["summary"], fix["proven"])
        equals = self._alike.setdefault(alike(finding["rule"], finding["severity"], finding["message"], fixed), {})
        said = [finding[name] for name in ("fingerprint", "severity", "message", "who", "status", "log")]
        key = json.dumps([said, fix and (fix["summary"], fix["commands"])])
        if key not in equals:
            shown = concise_line(finding, Style()) if text is None else text
            equals[key] = _Equal(shown if len(equals) < _KEPT_TEXTS else "", _place(finding["where"]), [])
        equals[key].hosts.append(host)

    def _worst_first(self, key: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
        hosts = {host for equal in self._alike[key].values() for host in equal.hosts}
        return SEVERITIES.index(key[1]), -len(hosts), key

    def _miss(self, host: str, target: str, reason: str) -> None:
        """What is said of several hosts is said once; their own names do not make it another thing."""
        self._missed.setdefault((target, reason.replace(host, "\0")), []).append((host, reason))

    def _missed_lines(self) -> list[str]:
        lines = []
        for (target, pattern), of in sorted(self._missed.items(), key=lambda item: natural(item[1][0][0])):
            hosts = list(dict.fromkeys(host for host, _ in of))
            reason = of[0][1] if len(hosts) == 1 else pattern.replace("\0", "the host")
            who = hosts[0] if len(hosts) == 1 else f"{len(hosts):,} hosts ({_names(hosts)})"
            lines.append(f"not audited: {safe(f'{who}: {target}' if target else who)}: {safe(reason)}")
        return lines


def write_concise(result: "HostResult", stream: TextIO, style: Style) -> None:
    """The findings of a host as it is done, a line each."""
    for finding in [] if result.report is None else result.report["findings"]:
        write(stream, f"{safe(result.host)}: {concise_line(finding, style)}\n")
    stream.flush()


def concise_line(finding: dict[str, Any], style: Style) -> str:
    """`path:line:column: severity[rule] message`."""
    mark = style.paint(f"{finding['severity']}[{finding['rule']}]", finding["severity"])
    return f"{safe(_place(finding['where']))}: {mark} {safe(finding['message'])}"


def _finding(equals: list[_Equal], style: Style) -> str:
    """The finding that most hosts have, who has it, and where else there is one like it."""
    shown = max(equals[:_KEPT_TEXTS], key=lambda equal: len(equal.hosts))
    hosts = list(dict.fromkeys(shown.hosts))
    who = hosts[0] if len(hosts) == 1 else f"on {len(hosts):,} hosts: {_names(hosts)}"
    lines = [shown.text, _note("host" if len(hosts) == 1 else "hosts", who, style)]
    others = [(host, equal.place) for equal in equals if equal is not shown for host in equal.hosts]
    if others:
        places = sorted(others, key=lambda other: (natural(other[0]), other[1]))[:_MOST_ALIKE]
        more = f" and {len(others) - len(places):,} more" if len(others) > len(places) else ""
        times = f"{_count(len(others), 'time')} more on {_count(len({host for host, _ in others}), 'host')}"
        lines.append(_note("alike", f"{times}: {', '.join(f'{host} {place}' for host, place in places)}{more}", style))
    return "\n".join(lines)


def _note(title: str, text: str, style: Style) -> str:
    return f"  {style.paint('=', 'blue')} {style.paint(title, 'bold')}: {style.wrapped(safe(text), '    ')}"


def _place(where: dict[str, Any]) -> str:
    if "file" in where:
        return f"{where['file']}:{where['line']}:{where['column']}"
    return str(where["path"] if "path" in where else f"{where['bucket']}:{where['statement']}")


def _names(hosts: Iterable[str]) -> str:
    ordered = sorted(hosts, key=natural)
    more = len(ordered) - _MOST_NAMES
    return ", ".join(ordered[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what if number == 1 else what + 's'}"
