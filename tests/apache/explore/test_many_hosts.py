"""A thousand virtual hosts, alike but for a fault in some: each fault is found, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.engine.audit import Asked, audit

if TYPE_CHECKING:
    from audit403.core.finding import Finding

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
from _apache_site import GRANTED, RULE, faulty_ones, write_site


@pytest.mark.parametrize(("count", "faults", "strict"), [(1000, 97, False), (200, 19, True)], ids=["plain", "strict"])
def test_each_fault_is_found(tmp_path: Path, count: int, faults: int, strict: bool) -> None:
    faulty = faulty_ones(count)
    target = write_site(tmp_path / "apache2.conf", count, faulty)
    report = audit([str(target)], Asked(tree="none", strict=strict))
    findings = [one.finding for one in report.findings]
    assert report.not_audited == ()
    assert len(faulty) == faults
    worse = [one for one in findings if one.severity != "note"]
    assert [one.rule for one in worse] == [RULE] * faults
    assert {_host(one) for one in worse} == {f"site{number}.example" for number in faulty}
    noted = {_host(one) for one in findings if one.severity == "note"}
    assert noted >= ({f"site{number}.example" for number in set(range(1, count)) - faulty} if strict else set())


TWO_LISTS = "<RequireAll>\nRequire ip 10.0.0.0/8\nRequire ip {}\n</RequireAll>"
KINDS = {
    "two lists with no address in common": (TWO_LISTS.format("10.1.0.0/16"), TWO_LISTS.format("192.168.1.0/24")),
    "lists of which one is no address": ("Require ip 10.0.0.0/8", "Require ip 300.0.0.1"),
    "what httpd 2.2 took for a grant": (GRANTED, "Order allow,deny\nAllow from all"),
}
RULES = {
    "two lists with no address in common": {"apache/nobody-let-in"},
    "lists of which one is no address": {"apache/rejected-directive", RULE},
    "what httpd 2.2 took for a grant": {"apache/old-access-syntax"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_faults_are_found_too(tmp_path: Path, kind: str) -> None:
    sound, fault = KINDS[kind]
    faulty = faulty_ones(60)
    target = write_site(tmp_path / "apache2.conf", 60, faulty, sound=sound, fault=fault)
    report = audit([str(target)], Asked(tree="none"))
    assert report.not_audited == ()
    assert len(report.findings) == len(RULES[kind]) * len(faulty)
    assert {one.finding.rule for one in report.findings} == RULES[kind]
    asked = {_host(one.finding) for one in report.findings} - {None}
    assert asked == {f"site{number}.example" for number in faulty}


def test_faults_of_access_files_are_found(tmp_path: Path) -> None:
    faulty = faulty_ones(40)
    root = tmp_path / "www"
    said = f"{GRANTED}\nAllowOverride All"
    target = write_site(tmp_path / "apache2.conf", 40, set(), sound=said, root=str(root))
    for number in range(40):
        docroot = root / f"site{number}/public"
        docroot.mkdir(parents=True)
        (docroot / "index.html").write_text("home")
        (docroot / ".htaccess").write_text(KINDS["two lists with no address in common"][number in faulty])
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o755)
    report = audit([str(target)], Asked(tree="here"))
    assert report.not_audited == ()
    assert [one.finding.rule for one in report.findings] == ["apache/nobody-let-in"] * len(faulty)
    assert {_host(one.finding) for one in report.findings} == {f"site{number}.example" for number in faulty}


def test_sound_ones_are_clean(tmp_path: Path) -> None:
    report = audit([str(write_site(tmp_path / "apache2.conf", 1000, set()))], Asked(tree="none"))
    assert (report.findings, report.not_audited) == ((), ())


def _host(finding: Finding) -> str | None:
    return None if finding.request is None else finding.request.host
