"""Findings as the `check … --format json` contract has them (DESIGN.md, fixed contracts; check.schema.json here)."""

import json
from typing import Any, TextIO

from audit403.core.family import NotAudited
from audit403.core.finding import Fix, Visitor
from audit403.engine.audit import Judged, Report
from audit403.report.places import because_json, place_json, request_json
from audit403.report.shown import Paths

VERSION = 1


def write_json(report: Report, paths: Paths, stream: TextIO) -> None:
    """The whole report as one object."""
    whole = {
        "version": VERSION,
        "findings": [finding_json(judged, paths) for judged in report.findings],
        "not_audited": [not_audited_json(missed, paths) for missed in report.not_audited],
    }
    stream.write(json.dumps(whole, indent=2) + "\n")


def write_jsonl(report: Report, paths: Paths, stream: TextIO) -> None:
    """A line for each finding, then one for each thing that was not audited (it has `target` and no `rule`)."""
    for judged in report.findings:
        stream.write(json.dumps(finding_json(judged, paths)) + "\n")
    for missed in report.not_audited:
        stream.write(json.dumps(not_audited_json(missed, paths)) + "\n")


def finding_json(judged: Judged, paths: Paths) -> dict[str, Any]:
    """One finding."""
    finding = paths.finding(judged.finding)
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "where": place_json(finding.where),
        "because": because_json(finding.because),
        "request": None if finding.request is None else request_json(finding.request),
        "who": finding.who,
        "status": finding.status,
        "log": finding.log,
        "fix": None if finding.fix is None else _fix(finding.fix),
        "fingerprint": judged.fingerprint,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "summary": fix.summary,
        "edits": [{"file": edit.file, "start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits],
        "commands": list(fix.commands),
        "applicability": fix.applicability,
        "proven": fix.proven,
        "also_opens": list(fix.also_opens),
        **({"visitors": [_visitor(one) for one in fix.visitors]} if fix.visitors else {}),
    }


def _visitor(visitor: Visitor) -> dict[str, Any]:
    return {"who": visitor.who, "before": visitor.before, "after": visitor.after}


def not_audited_json(missed: NotAudited, paths: Paths) -> dict[str, str]:
    """One thing that was not looked at."""
    return {"target": paths.shown(missed.target), "reason": missed.reason}
