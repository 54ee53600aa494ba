"""Random requests to a bucket: our verdict against that of an IAM simulator, a program of other people."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from audit403.core.decision import NOT_REFUSED, REASON_UNDOCUMENTED, REFUSED, UNKNOWN, Decision
from differential.s3.as_simulation import as_simulation
from differential.s3.generator import Case, Generator
from differential.s3.influence import Influence
from differential.s3.quirks import QUIRKS, ways_around
from differential.s3.trial import decide
from servers import told
from servers.iam_simulate import Answer, ask, asked
from servers.plenty import cases, rng

_AT_ONCE = 10_000


class Difference(NamedTuple):
    """What we say of a case, and what the simulator says."""

    case: Case
    decision: Decision
    answer: Answer

    def words(self) -> str:
        ours = f"{self.decision.verdict} ({self.decision.cause}, missing {self.decision.missing})"
        return f"we: {ours}, the simulator: {self.answer}\n  {json.dumps(self.case._asdict())}"


def test_verdicts_are_those_of_the_simulator() -> None:
    generator = Generator(rng("s3 against the simulator"))
    influence = Influence(rng("influence on the simulator"))
    planned, done, unexplained = cases(20_000), 0, Counter[str]()
    explained: Counter[str] = Counter()
    shown: list[str] = []
    counts = told.Counts()
    while influence.goes_on(done, planned):
        batch = [generator.case() for _ in range(min(_AT_ONCE, planned))]
        with asked(as_simulation(case) for case in batch) as answers:
            decisions = [decide(case) for case in batch]
            rows = [Difference(*row) for row in zip(batch, decisions, answers(), strict=True)]
        assert not [row.answer.error for row in rows if row.answer.error], (
            "the simulator does not take what is generated"
        )
        for row, why in _explained([row for row in rows if not _agree(row.decision, row.answer)]):
            if why is None:
                unexplained[row.case.kind] += 1
                shown.append(row.words())
            else:
                explained[why] += 1
        influence.measure(batch, [row.answer.allowed for row in rows])
        counts = counts.plus(_counts(rows, len(shown)))
        done += len(batch)
    told.count(counts)
    told.tell("\n".join(f"  {count:6}  {name}" for name, count in explained.most_common()))
    assert not shown, f"{len(shown)} of {done} differ and nothing explains it, {dict(unexplained)}:\n" + "\n".join(
        shown[:5]
    )
    influence.check()


def _agree(decision: Decision, answer: Answer) -> bool:
    return decision.verdict == (NOT_REFUSED if answer.allowed else REFUSED)


def _counts(rows: list[Difference], wrong: int) -> told.Counts:
    unknown = sum(row.decision.verdict == UNKNOWN for row in rows)
    return told.Counts(len(rows), sum(not row.answer.allowed for row in rows), wrong, 0, unknown)


def _explained(rows: list[Difference]) -> list[tuple[Difference, str | None]]:
    """Each difference with what explains it, or None."""
    ways = [(row, names, changed) for row in rows for names, changed in ways_around(row.case)]
    answers = ask(as_simulation(changed) for _, _, changed in ways)
    why: dict[int, str] = {}
    for (row, names, changed), answer in zip(ways, answers, strict=True):
        same = decide(changed).verdict == row.decision.verdict
        if same and not answer.error and _agree(row.decision, answer):
            why.setdefault(id(row), ", ".join(names))
    return [(row, why.get(id(row)) or _left_open(row.decision)) for row in rows]


def _left_open(decision: Decision) -> str | None:
    """What AWS does not document is left open, and only that."""
    missing = decision.missing
    if decision.verdict == UNKNOWN and missing and all(one.reason == REASON_UNDOCUMENTED for one in missing):
        return f"left open: {missing[0].name.split(' of ')[0]}"
    return None


def test_readers_are_told_of_every_fault_of_the_simulator() -> None:
    page = (Path(__file__).parents[3] / "docs" / "s3-oracle.md").read_text()
    assert [quirk.name for quirk in QUIRKS if f"| {quirk.name} | {quirk.what} [AWS]({quirk.page}) |" not in page] == []
