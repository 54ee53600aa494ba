"""What generated tests counted, kept for the end of the run: pytest-xdist throws away what its workers print.

`tell` says it in words; `count` adds to the sums of all tests, whose names are `Counts`.
"""

from __future__ import annotations

from typing import NamedTuple


class Counts(NamedTuple):
    """Requests asked of a real server and of the evaluator, and how often they disagreed."""

    asked: int = 0
    refused: int = 0
    wrong_verdicts: int = 0
    wrong_statuses: int = 0
    unknown: int = 0

    def plus(self, other: Counts) -> Counts:
        """The sums."""
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))

    def line(self) -> str:
        """The sums in one line."""
        share = 100 / max(1, self.asked)
        return (
            f"{self.asked} requests in all, {self.refused} refused: "
            f"verdict right {100 - self.wrong_verdicts * share:.3f} %, "
            f"exact status {100 - self.wrong_statuses * share:.3f} %, unknown {self.unknown * share:.3f} %"
        )


class Told(NamedTuple):
    """What one test has said so far."""

    texts: list[str]
    counts: list[Counts]


_told = Told([], [])


def tell(text: str) -> None:
    """Say something that is printed at the end of the run."""
    _told.texts.append(text)


def count(counts: Counts) -> None:
    """Add to the sums of all tests."""
    _told.counts.append(counts)


def taken() -> Told:
    """What was said since this was asked last."""
    found = Told(list(_told.texts), list(_told.counts))
    _told.texts.clear()
    _told.counts.clear()
    return found
