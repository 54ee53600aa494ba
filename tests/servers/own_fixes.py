"""Our own fixes made on a machine, as somebody would make them who follows the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.finding import NOTE
from audit403.engine.audit import Asked, Report, audit

from .rule_trial import _write_edits, make

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.finding import Fix

MOST_ROUNDS = 4


def follow_the_report(main: Path, prefix: Path | None = None, *, notes: bool = False) -> list[Fix]:
    """Make the fix of every error and warning, one after the other as each new report asks for them; what was made.

    With `notes` those of notes too, which `--strict` shows.
    """
    made: list[Fix] = []
    for _ in range(MOST_ROUNDS):
        asked = Asked(tree="here", no_settings=True, prefix=None if prefix is None else str(prefix), strict=notes)
        fix = _next(audit([str(main)], asked), made, notes)
        if fix is None:
            break
        _write_edits(fix.edits)
        for edit in fix.world:
            make(edit)
        made.append(fix)
    return made


def _next(report: Report, made: list[Fix], notes: bool) -> Fix | None:
    """The first fix that is proven and not made yet."""
    for judged in report.findings:
        fix = judged.finding.fix
        if (judged.finding.severity == NOTE and not notes) or fix is None or not fix.proven or not fix.changes():
            continue
        if all(fix.changes() != other.changes() for other in made):
            return fix
    return None
