"""The last line."""

from __future__ import annotations

import pytest

from audit403.core.edit import TextEdit
from audit403.core.family import NotAudited
from audit403.core.finding import ERROR, MANUAL, NOTE, SAFE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Span
from audit403.engine.audit import Judged, Report
from audit403.report.summary import hint, summary

EDIT = (TextEdit("a", 0, 1, ""),)
SURE = Fix("", SAFE, EDIT, proven=True)
MAYBE = Fix("", UNSAFE, EDIT, proven=True)


def report(*findings: tuple[str, Fix | None], ignored: int = 0, missed: tuple[str, ...] = ()) -> Report:
    judged = tuple(
        Judged(Finding("a/b", severity, "m", Span("a", 1, 1, 1, 1, 0, 0), fix=fix), None, "0", True)
        for severity, fix in findings
    )
    return Report(judged, ignored, tuple(NotAudited(target, "r") for target in missed), ())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (report(), "0 findings"),
        (report((ERROR, None)), "1 finding (1 error)"),
        (
            report((ERROR, None), (WARNING, SURE), (ERROR, None), ignored=1, missed=("a", "a")),
            "3 findings (2 errors, 1 warning), 1 ignored, 1 fixable; 1 target not audited",
        ),
        (
            report((NOTE, MAYBE), (NOTE, None), missed=("a", "b")),
            "2 findings (2 notes), 1 fixable; 2 targets not audited",
        ),
        (report((NOTE, Fix("", SAFE, EDIT)), (NOTE, Fix("", MANUAL, EDIT, proven=True))), "2 findings (2 notes)"),
        (report(ignored=2), "0 findings, 2 ignored"),
    ],
)
def test_last_line(given: Report, expected: str) -> None:
    assert summary(given) == expected


def test_what_to_type() -> None:
    assert hint(report((ERROR, None))) is None
    assert hint(report((ERROR, SURE))) == "--fix writes 1 fix; --diff shows them first"
    assert hint(report((ERROR, SURE), (ERROR, MAYBE))) == (
        "--fix writes 1 of the fixes, --fix --unsafe-fixes 1 more; --diff shows them first"
    )
