"""`explain` for people: many tests in a row that are not met take three lines, the others one each."""

from __future__ import annotations

import pytest

from audit403.core.decision import NOT_REFUSED, Decision, Step
from audit403.core.request import Request
from audit403.report.decision_text import decision_text
from audit403.report.shown import Paths
from audit403.report.terminal import Style

REQUEST = Request("GET", "http", "site.example", 80, "/", "203.0.113.9")


def shown(mets: list[bool | None]) -> list[str]:
    trace = tuple(Step("env", f"test {number}", None, met) for number, met in enumerate(mets))
    decision = Decision(NOT_REFUSED, 200, "served", trace=trace)
    text = decision_text(REQUEST, decision, Paths([]), Style())
    return [line.strip() for line in text.splitlines()[3:] if line.strip()]


@pytest.mark.parametrize("count", [1, 5])
def test_a_few_are_all_shown(count: int) -> None:
    assert shown([False] * count) == [f"✗ env  test {number}" for number in range(count)]


def test_of_many_the_first_and_the_last_are_shown() -> None:
    assert shown([True, *[False] * 9, True]) == [
        "✓ env  test 0",
        "✗ env  test 1",
        "✗ env  … 7 more that are not met (--format json has them)",
        "✗ env  test 9",
        "✓ env  test 10",
    ]


def test_what_is_met_is_never_left_out() -> None:
    assert len(shown([True] * 20)) == len(shown([None] * 20)) == 20
