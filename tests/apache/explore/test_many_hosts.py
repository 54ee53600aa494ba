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
from _apache_site import RULE, faulty_ones, write_site


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


def test_sound_ones_are_clean(tmp_path: Path) -> None:
    report = audit([str(write_site(tmp_path / "apache2.conf", 1000, set()))], Asked(tree="none"))
    assert (report.findings, report.not_audited) == ((), ())


def _host(finding: Finding) -> str | None:
    return None if finding.request is None else finding.request.host
