"""Ignores: what they cover, and that one which covers nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.engine.audit import Asked, Report, audit
from fakes.installed import fake_family

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fake_family"]
pytestmark = pytest.mark.usefixtures("fake_family")
UNUSED = "audit403/unused-ignore"


def run(tmp_path: Path, text: str, settings: str = "", asked: Asked = Asked()) -> Report:  # noqa: B008
    (tmp_path / "a.fake").write_text(text)
    (tmp_path / "audit403.toml").write_text(settings)
    return audit([str(tmp_path / "a.fake")], asked)


def found(report: Report) -> list[tuple[str, int]]:
    return [(judged.finding.rule, judged.finding.where.line) for judged in report.findings]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "refuse /a # audit403: ignore[fake/denied] meant\n",
        "refuse /a #audit403:ignore[fake/denied]\n",
        "# audit403: ignore[fake/denied] meant\nrefuse /a\n",
        "# audit403: ignore[fake] meant\nrefuse /a\n",
        "# audit403: ignore[fake/denied] meant\n# and more words on why\nrefuse /a\n",
        "# audit403: ignore[fake/denied, fake/fault] meant\nrefuse /a # audit403: ignore[fake/denied]\n",
    ],
)
def test_covered(tmp_path: Path, text: str) -> None:
    report = run(tmp_path, text)
    assert [finding for finding in found(report) if finding[0] != UNUSED] == []
    assert report.ignored == 1


@pytest.mark.parametrize(
    ("text", "unused_line"),
    [
        ("refuse /a\n# audit403: ignore[fake/denied] too late\n", 2),
        ("# audit403: ignore[fake/denied] too early\n\nrefuse /a\n", 1),
        ("refuse /a # audit403: ignore[fake/fault] another\n", 1),
        ("refuse /a # audit403: ignore meant\n", 1),
        ("refuse /a # audit403: ignore[fake/denyed] misspelt\n", 1),
    ],
)
def test_not_covered_and_said(tmp_path: Path, text: str, unused_line: int) -> None:
    report = run(tmp_path, text)
    assert report.ignored == 0
    assert (UNUSED, unused_line) in found(report)
    assert any(rule == "fake/denied" for rule, _ in found(report))


def test_of_two_rules_the_idle_one_is_said(tmp_path: Path) -> None:
    (judged,) = run(tmp_path, "refuse /a # audit403: ignore[fake/denied,fake/fault] x\n").findings
    assert judged.finding.message == "this ignore matches no finding of fake/fault"


def test_unused_is_not_said_of_rules_that_were_not_asked_for(tmp_path: Path) -> None:
    text = "refuse /a # audit403: ignore[fake/fault] x\n"
    assert found(run(tmp_path, text, asked=Asked(ignore=("fake/fault",)))) == [("fake/denied", 1)]
    assert found(run(tmp_path, text, asked=Asked(ignore=(UNUSED,)))) == [("fake/denied", 1)]


def test_an_ignored_note_is_no_unused_ignore(tmp_path: Path) -> None:
    assert run(tmp_path, "refuse /.git # audit403: ignore[fake/denied] meant\n").findings == ()


ENTRY = '[[ignore]]\nrule = "{}"\npath = "{}"\nreason = "meant"\n'


@pytest.mark.parametrize("path", ["a.fake", "*.fake", "./a.fake"[2:], "*"])
def test_settings_cover_files(tmp_path: Path, path: str) -> None:
    report = run(tmp_path, "refuse /a\nfault x\n", ENTRY.format("fake/denied", path))
    assert found(report) == [("fake/fault", 2)]
    assert report.ignored == 1


def test_settings_cover_a_folder(tmp_path: Path) -> None:
    (tmp_path / "legacy").mkdir()
    (tmp_path / "legacy/b.fake").write_text("refuse /b\n")
    (tmp_path / "audit403.toml").write_text(ENTRY.format("fake", "legacy"))
    report = audit([str(tmp_path)])
    assert report.ignored == 0  # the fake family does not go into folders
    assert audit([str(tmp_path / "legacy")]).ignored == 1


def test_an_unused_entry_is_said_where_it_stands(tmp_path: Path) -> None:
    settings = 'strict = false\n\n[[ignore]]\nrule = "fake/fault"\nreason = "gone"\n'
    report = run(tmp_path, "refuse /a\n", settings)
    (judged,) = [judged for judged in report.findings if judged.finding.rule == UNUSED]
    assert judged.finding.where[:3] == (str(tmp_path / "audit403.toml"), 3, 1)


def test_until(tmp_path: Path) -> None:
    entry = ENTRY.format("fake/denied", "*")
    assert run(tmp_path, "refuse /a\n", entry + 'until = "2999-01-01"\n').findings == ()
    assert run(tmp_path, "refuse /a\n", entry + "until = 2999-01-01\n").findings == ()
    report = run(tmp_path, "refuse /a\n", entry + 'until = "2001-01-01"\n')
    assert {rule for rule, _ in found(report)} == {"fake/denied", UNUSED}
    assert any("held until 2001-01-01" in judged.finding.message for judged in report.findings)
