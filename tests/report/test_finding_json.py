"""The JSON contract: its keys, its schema, and one object or a line for each finding."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.family import NotAudited
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.place import Because, PathPlace, StatementPlace
from audit403.engine.audit import Asked, Judged, Report, audit
from audit403.report.finding_json import write_json, write_jsonl
from audit403.report.shown import Paths
from report.schemas import CHECK

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ["rule", "severity", "message", "where", "because", "request", "who", "status", "log", "fix", "fingerprint"]


def shown(report: Report, targets: list[str] | None = None) -> dict[str, Any]:
    stream = io.StringIO()
    write_json(report, Paths(["/"] if targets is None else targets), stream)
    whole: dict[str, Any] = json.loads(stream.getvalue())
    CHECK.validate(whole)
    return whole


@pytest.fixture
def report(tmp_path: Path) -> Report:
    path = tmp_path / "nginx.conf"
    path.write_text(
        "events {}\nhttp { server { listen 80; server_name a.example; location /a/ { deny all; allow 10.0.0.0/8; } }\n"
        "server { listen 80\n server_name b.example; } }\n"
    )
    return audit([str(path), str(tmp_path / "absent")], Asked(tree="none"))


def test_the_contract(report: Report) -> None:
    whole = shown(report)
    assert list(whole) == ["version", "findings", "not_audited"]
    assert whole["version"] == 1
    findings = whole["findings"]
    assert isinstance(findings, list) and len(findings) == 2
    assert all(list(finding) == KEYS for finding in findings)
    refused, broken = findings
    assert refused["request"] == {
        "method": "GET", "url": "http://a.example/a/", "client": "10.0.0.1", "headers": refused["request"]["headers"]
    }  # fmt: skip
    assert (refused["status"], refused["log"]) == (403, "access forbidden by rule")
    assert list(refused["where"]) == ["file", "line", "column", "end_line", "end_column"]
    assert list(refused["fix"]) == ["summary", "edits", "commands", "applicability", "proven", "also_opens"]
    assert (broken["request"], broken["status"], broken["log"]) == (None, None, None)
    assert broken["fix"]["edits"][0]["text"] == ";"


def test_what_was_not_audited_is_listed(report: Report) -> None:
    missed = shown(report)["not_audited"]
    assert isinstance(missed, list)
    assert any(row["reason"] == "there is no such file or folder" for row in missed)


def test_paths_are_as_the_targets_were_given(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(report)["findings"][0]["where"]["file"] == str(tmp_path / "nginx.conf")
    assert shown(report, ["."])["findings"][0]["where"]["file"] == "nginx.conf"
    assert shown(report, ["."])["findings"][1]["fix"]["edits"][0]["file"] == "nginx.conf"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (PathPlace("/srv", 0o700, "a", None), {"path": "/srv", "mode": "0700", "owner": "a", "group": None}),
        (PathPlace("/srv"), {"path": "/srv", "mode": None, "owner": None, "group": None}),
        (StatementPlace("b", "Sid"), {"bucket": "b", "statement": "Sid"}),
    ],
)
def test_other_places(place: PathPlace, expected: dict[str, object]) -> None:
    fix = Fix("s", MANUAL, commands=("chmod o+x /srv",))
    finding = Finding("files/x", ERROR, "m\udcff", place, (Because(place, "w"),), fix=fix)
    whole = shown(Report((Judged(finding, None, "0" * 32, True),), 0, (NotAudited("h", "r"),), ()))
    (row,) = whole["findings"]
    assert row["where"] == row["because"][0]["where"] == expected


def test_lines(report: Report) -> None:
    stream = io.StringIO()
    write_jsonl(report, Paths(["/"]), stream)
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [list(row) for row in rows if "rule" in row] == [KEYS, KEYS]
    assert all(list(row) == ["target", "reason"] for row in rows if "rule" not in row)
