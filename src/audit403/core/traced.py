"""A request on its way, as far as every server has one: the steps so far, the cause, the questions that are open."""

from audit403.core.decision import Missing, Step
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import OpenQuestion
from audit403.core.place import Because, Place


class Cause(NamedTuple):
    """Why a status came about: the mechanism's name, its place, the chain and the error log's words."""

    name: str
    where: Place | None
    because: tuple[Because, ...]
    log: str | None


class Traced:
    """The trace of one run. `answers` are what is assumed for the questions that the evidence leaves open."""

    __slots__ = ("answers", "asked", "cause", "steps")

    def __init__(self, answers: tuple[bool, ...] = ()) -> None:
        self.steps: list[Step] = []
        self.answers = answers
        self.asked: list[Missing] = []
        self.cause: Cause | None = None

    def step(
        self,
        phase: str,
        text: str,
        where: Place | None = None,
        met: bool | None = None,
        field: str | None = None,
        operator: str | None = None,
        value: str | None = None,
    ) -> None:
        """Record one step, or one test with its outcome."""
        self.steps.append(Step(phase, text, where, met, field, operator, value))

    def decided(
        self, name: str, where: Place | None, message: str, *, log: str | None = None, also: tuple[Because, ...] = ()
    ) -> None:
        """Record why the status that is now returned came about."""
        first = () if where is None else (Because(where, message),)
        self.cause = Cause(name, where, first + also, log)

    def ask(self, missing: Missing) -> bool:
        """The assumed answer to a yes-or-no test that the evidence leaves open.

        Raises OpenQuestion when no answer is assumed yet; the evaluator then tries both.
        """
        for index, asked in enumerate(self.asked):
            if asked == missing:
                return self.answers[index]
        if len(self.asked) < len(self.answers):
            self.asked.append(missing)
            return self.answers[len(self.asked) - 1]
        raise OpenQuestion(missing)
