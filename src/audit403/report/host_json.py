"""What came of one host as plain values, and the JSON of many: the `check --format json` contract with `host` in it."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from audit403.report.finding_json import VERSION, finding_json, not_audited_json
from audit403.report.shown import Paths
from audit403.report.terminal import Style

if TYPE_CHECKING:
    from audit403.engine.host_audit import HostReport
    from audit403.host.fleet import HostResult


def host_report(report: "HostReport", style: Style | None = None) -> dict[str, Any]:
    """The report of a host as values that JSON has; with a style also the text of each finding, by its fingerprint."""
    paths = Paths(["/"])
    found = report.report
    texts: dict[str, str] = {}
    if style is not None and found.findings:
        from audit403.report.full import finding_text

        texts = {judged.fingerprint: finding_text(judged, paths, style) for judged in found.findings}
    return {
        "servers": [{"server": one.found.family, "config": one.found.site.main} for one in report.servers],
        "findings": [finding_json(judged, paths) for judged in found.findings],
        "not_audited": [not_audited_json(missed, paths) for missed in found.not_audited],
        "faults": list(found.faults),
        "fails": found.fails(),
        "texts": texts,
    }


def host_row(result: "HostResult") -> dict[str, Any]:
    """One host whole: its line of JSON Lines."""
    report = result.report or {}
    return {**_head(result), "findings": report.get("findings", []), "not_audited": _not_audited(result)}


def write_host_line(result: "HostResult", stream: TextIO) -> None:
    """A host as a line."""
    stream.write(json.dumps(host_row(result)) + "\n")
    stream.flush()


def write_hosts_json(results: Iterable["HostResult"], stream: TextIO) -> None:
    """All hosts as one object, in the order of their names."""
    ordered = sorted(results, key=lambda result: result.host)
    whole = {
        "version": VERSION,
        "findings": [
            {"host": result.host, **finding}
            for result in ordered
            if result.report is not None
            for finding in result.report["findings"]
        ],
        "not_audited": [{"host": result.host, **missed} for result in ordered for missed in _not_audited(result)],
        "hosts": [_head(result) for result in ordered],
    }
    stream.write(json.dumps(whole, indent=2) + "\n")


def _head(result: "HostResult") -> dict[str, Any]:
    servers = [] if result.report is None else result.report["servers"]
    audited = result.report is not None
    return {"host": result.host, "audited": audited, "servers": servers, "seconds": round(result.seconds, 3)}


def _not_audited(result: "HostResult") -> list[dict[str, str]]:
    if result.report is None:
        return [{"target": result.host, "reason": result.fault or "nothing came of it"}]
    missed: list[dict[str, str]] = result.report["not_audited"]
    return missed
