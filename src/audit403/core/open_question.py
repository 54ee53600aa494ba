"""What the evidence leaves open, on the way to a decision: values that nobody knows, and tests that hang on them.

A test with two answers is decided with either; only where the decisions differ is the answer unknown.
"""

from collections.abc import Callable

from audit403.core.decision import REFUSED, UNKNOWN, Decision, Missing
from audit403.core.named_tuple import NamedTuple

_MOST_QUESTIONS = 6


class Unknown(NamedTuple):
    """A value that the evidence does not show; it may flow through values and stops only where a decision needs it."""

    missing: Missing


class Undecided(Exception):
    """A decision needs what the evidence does not show."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.name)
        self.missing = missing


class OpenQuestion(Exception):
    """A yes-or-no test hangs on what the evidence does not show; the run is repeated with either answer."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.name)
        self.missing = missing


def decide_either_way(decide: Callable[[tuple[bool, ...]], Decision]) -> Decision:
    """The decision, where `decide` takes the answers that are assumed and may raise OpenQuestion."""
    decisions: list[Decision] = []
    pending: list[tuple[bool, ...]] = [()]
    missing: list[Missing] = []
    while pending:
        answers = pending.pop()
        try:
            decisions.append(decide(answers))
        except OpenQuestion as question:
            if question.missing not in missing:
                missing.append(question.missing)
            if len(answers) >= _MOST_QUESTIONS:
                return Decision(UNKNOWN, None, "open-question", missing=tuple(missing))
            pending += [(*answers, False), (*answers, True)]
    return decisions[0] if len(decisions) == 1 and not missing else merged(decisions, tuple(missing))


def merged(decisions: list[Decision], missing: tuple[Missing, ...]) -> Decision:
    """One decision out of those with an open question answered either way."""
    verdicts = {decision.verdict for decision in decisions}
    if len(verdicts) > 1 or UNKNOWN in verdicts:
        every = missing + tuple(name for decision in decisions for name in decision.missing if name not in missing)
        refusing = next((decision for decision in decisions if decision.verdict == REFUSED), decisions[0])
        return refusing._replace(verdict=UNKNOWN, status=None, handed_to=None, missing=every, log=None)
    statuses = {decision.status for decision in decisions}
    first = next((decision for decision in decisions if decision.handed_to is not None), decisions[0])
    return first if len(statuses) == 1 else first._replace(status=None)
