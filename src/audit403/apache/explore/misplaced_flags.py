"""RewriteRules whose flags stand where the substitution belongs: `RewriteRule ^x$ [F]` asks for a file called `[F]`.

httpd takes them, and no refusal tells of them: they are seen in what a rule has made of a request.
"""

import re
from collections.abc import Iterator

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.places import Start
from audit403.apache.explore.subject import Subject
from audit403.core.decision import Step
from audit403.core.fact import IdleDirective
from audit403.core.place import Span
from audit403.explore.asked import Asked
from audit403.explore.subject import Hit

KIND = "flags-as-substitution"
_FLAGS = re.compile(r"(?:.*/)?-?\s*+(?:\[(?P<listed>[^\]/\[]++)\]?|(?P<bare>-F|F))")
_REFUSING = re.compile(r"(?:f|forbidden|g|gone|(?:r|redirect)=4\d\d)", re.IGNORECASE)


class MisplacedFlags:
    """Gathers them, each once with the first request that comes to it."""

    def __init__(self, family: str, evaluator: Evaluator) -> None:
        self.family = family
        self.evaluator = evaluator
        self._found: dict[Span, IdleDirective] = {}

    def __len__(self) -> int:
        return len(self._found)

    def note(self, start: Start, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        for request, decision, _ in asked:
            for step in decision.trace:
                where = step.where
                if isinstance(where, Span) and where not in self._found and is_misplaced(step):
                    decision, exchange = self.evaluator.followed(request)
                    hits = (Hit(request, start.purpose, None),)
                    subject = Subject(start.server, exchange, start.purpose, hits=hits)
                    message = f"{step.text}, and not refused"
                    self._found[where] = IdleDirective(self.family, KIND, where, message, (), subject)

    def facts(self) -> Iterator[IdleDirective]:
        """What was gathered."""
        yield from self._found.values()


def is_misplaced(step: Step) -> bool:
    """Whether what a rule has put in place of the URI reads like flags that refuse."""
    if step.field is not None or step.value is None or step.phase not in ("translate", "fixup"):
        return False
    last = step.value.rpartition("/")[2]
    if not last.endswith(("]", "F")) and "[" not in last:
        return False
    found = _FLAGS.fullmatch(last)
    if found is None:
        return False
    listed = found["listed"]
    return listed is None or any(_REFUSING.fullmatch(flag.strip()) for flag in listed.split(","))
