"""From targets to a report, with a family that there is not: nothing here depends on nginx."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from audit403.core.errors import BadUsage
from audit403.engine.audit import Asked, Report, audit
from fakes.installed import fake_family, installed

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fake_family"]
pytestmark = pytest.mark.usefixtures("fake_family")


def put(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def rules(report: Report) -> list[str]:
    return [judged.finding.rule for judged in report.findings]


def lines(report: Report) -> list[int]:
    return [judged.finding.where.line for judged in report.findings]  # type: ignore[union-attr]


def reasons(report: Report) -> list[str]:
    return [missed.reason for missed in report.not_audited]


def test_findings_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    report = audit([put(tmp_path, "a.fake", "fault z\nrefuse /b\nfault a\nrefuse /a\n")])
    assert lines(report) == [1, 2, 3, 4]
    assert report.fails() and report.not_audited == ()


def test_several_targets_each_main_configuration_once(tmp_path: Path) -> None:
    one, two = put(tmp_path, "a.fake", "refuse /a"), put(tmp_path, "b.fake", "refuse /b")
    assert len(audit([one, one, str(tmp_path), two]).findings) == 2


def test_notes_only_with_strict(tmp_path: Path) -> None:
    target = put(tmp_path, "a.fake", "refuse /.git")
    assert audit([target]).findings == ()
    (judged,) = audit([target], Asked(strict=True)).findings
    assert not judged.fails
    assert audit([target], Asked(strict=True, fail_on="note")).fails()


def test_select_and_ignore(tmp_path: Path) -> None:
    target = put(tmp_path, "a.fake", "fault x\nrefuse /a\n")
    assert rules(audit([target], Asked(select=("fake/fault",)))) == ["fake/fault"]
    assert rules(audit([target], Asked(select=("fake",)))) == ["fake/fault", "fake/denied"]
    assert rules(audit([target], Asked(ignore=("fake/fault",)))) == ["fake/denied"]
    with pytest.raises(BadUsage, match='did you mean "fake/denied"'):
        audit([target], Asked(select=("fake/denid",)))


def test_a_check_that_raises_costs_its_rule_alone(tmp_path: Path) -> None:
    report = audit([put(tmp_path, "a.fake", "fault explode\nfault y\nrefuse /a\n")])
    assert rules(report) == ["fake/denied"]
    assert reasons(report) == ["internal-error: the rule fake/fault failed: KeyError: 'explode'"]


def test_an_exploration_that_raises_keeps_what_it_found(tmp_path: Path) -> None:
    report = audit([put(tmp_path, "a.fake", "refuse /a\nboom\nrefuse /b\n"), put(tmp_path, "b.fake", "refuse /c\n")])
    assert rules(report) == ["fake/denied", "fake/denied"]
    assert reasons(report) == ["internal-error: it could not be explored: RuntimeError: boom"]


def test_a_reader_that_raises_costs_its_target_alone(tmp_path: Path) -> None:
    bad, good = put(tmp_path, "a.fake", "unreadable"), put(tmp_path, "b.fake", "refuse /c\n")
    report = audit([bad, good], Asked(select=("fake",)))
    assert rules(report) == ["fake/denied"]
    assert "internal-error: it could not be read: ValueError: this reader is broken" in reasons(report)


def test_a_plug_in_that_cannot_be_loaded_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    broken = "[audit403.families]\nbroken = fakes.absent\n[audit403.checks]\nbroken = fakes.absent\n"
    with installed(tmp_path_factory.mktemp("broken"), broken, monkeypatch):
        report = audit([put(tmp_path, "a.fake", "refuse /a\n")])
    assert "fake/denied" in rules(report)
    assert sum("cannot be loaded" in reason for reason in reasons(report)) == 2


def test_what_is_not_there_is_not_audited(tmp_path: Path) -> None:
    report = audit([str(tmp_path / "nothing"), str(tmp_path)])
    assert reasons(report)[0] == "there is no such file or folder"
    assert reasons(report)[1].startswith("nothing in it was recognised as configuration (")
    assert not report.fails()


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"fake\nrefuse /a\n")))
    assert "fake/denied" in rules(audit(["-"]))


def test_fingerprints_tell_findings_apart_and_know_no_line_numbers(tmp_path: Path) -> None:
    target = put(tmp_path, "a.fake", "refuse /a\nrefuse /b\nfault x\nfault x\n")
    before = [judged.fingerprint for judged in audit([target]).findings]
    assert len(set(before)) == 4
    put(tmp_path, "a.fake", "\n\n# moved\nrefuse /a\n\nrefuse /b\nfault x\nfault x\n")
    assert [judged.fingerprint for judged in audit([target]).findings] == before
    elsewhere = put(tmp_path / "elsewhere", "a.fake", "refuse /a\nrefuse /b\nfault x\nfault x\n")
    assert [judged.fingerprint for judged in audit([elsewhere]).findings] == before


class TestSettings:
    def test_the_nearest_wins_and_none_are_merged(self, tmp_path: Path) -> None:
        put(tmp_path, "audit403.toml", 'ignore = ["fake/denied"]\nstrict = true\n')
        put(tmp_path, "near/audit403.toml", 'ignore = ["fake/fault"]\n')
        far = put(tmp_path, "a.fake", "fault x\nrefuse /a\n")
        near = put(tmp_path, "near/b.fake", "fault x\nrefuse /a\nrefuse /.b\n")
        assert rules(audit([far])) == ["fake/fault"]
        assert rules(audit([near])) == ["fake/denied"]
        assert rules(audit([far, near])) == ["fake/fault", "fake/denied"]

    def test_the_command_line_goes_before(self, tmp_path: Path) -> None:
        put(tmp_path, "audit403.toml", 'select = ["fake/fault"]\nfail-on = "error"\n')
        target = put(tmp_path, "a.fake", "fault x\nrefuse /a\n")
        assert not audit([target]).fails()
        assert audit([target], Asked(fail_on="warning")).fails()
        assert rules(audit([target], Asked(select=("fake/denied",)))) == ["fake/denied"]

    def test_given_ones_are_taken_instead(self, tmp_path: Path) -> None:
        put(tmp_path, "audit403.toml", "nonsense = 1\n")
        other = put(tmp_path, "other.toml", 'ignore = ["fake"]\n')
        target = put(tmp_path, "a.fake", "refuse /a\n")
        assert audit([target], Asked(settings=other)).findings == ()
        assert "unknown key" in audit([target]).faults[0]

    def test_an_unknown_rule_in_them_is_an_error(self, tmp_path: Path) -> None:
        put(tmp_path, "audit403.toml", 'ignore = ["fake/denyed"]\n')
        report = audit([put(tmp_path, "a.fake", "refuse /a\n")])
        (fault,) = report.faults
        said = 'there is no rule or family "fake/denyed" (did you mean "fake/denied"?).'
        assert fault == f"{tmp_path}/audit403.toml: {said}"
        assert (report.findings, report.not_audited[0].target) == ((), str(tmp_path / "a.fake"))

    def test_unusable_ones_cost_their_own_targets_alone(self, tmp_path: Path) -> None:
        put(tmp_path, "bad/audit403.toml", "strict = 1\n")
        put(tmp_path, "bad/below/audit403.toml", "strict = true\n")
        bad = put(tmp_path, "bad/a.fake", "refuse /a\n")
        below = put(tmp_path, "bad/below/a.fake", "refuse /a\n")
        good = put(tmp_path, "good/a.fake", "refuse /a\n")
        report = audit([bad, below, good, bad])
        assert rules(report) == ["fake/denied", "fake/denied"]
        fault = f"{tmp_path}/bad/audit403.toml: strict must be true or false."
        assert report.faults == (fault,)
        assert report.not_audited == ((bad, f"its settings cannot be used: {fault}"),)
