"""`<Limit>` sections that close a place for some methods and leave it open for others which a program answers.

No refusal tells of them: a request that they refuse, or ask a password of, is sent once more with another method.
"""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.places import Start
from audit403.apache.explore.subject import Subject
from audit403.apache.explore.void_limits import VoidLimits
from audit403.apache.read.tree import Directive
from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.fact import IdleDirective
from audit403.core.place import Because, Place, Span
from audit403.explore.asked import Asked
from audit403.explore.subject import Hit

KIND = "limit-leaves-open"
_PHASES = ("authz", "access")
_OTHERS = ("PATCH", "PUT", "DELETE")


class LeftOut:
    """Gathers them, each once with the first request that is let through."""

    def __init__(self, family: str, evaluator: Evaluator) -> None:
        self.family = family
        self.evaluator = evaluator
        self._found: dict[Span, IdleDirective] = {}
        self._void = VoidLimits(family, evaluator, self._found)

    def __len__(self) -> int:
        return len(self._found)

    def note(self, start: Start, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        self._void.note(start, asked)
        for request, decision, _ in asked:
            step = _limited(decision) if request.method == "GET" and _is_closed(decision) else None
            if step is None:
                continue
            _, exchange = self.evaluator.followed(request)
            limit = _limit_around(Subject(start.server, exchange, start.purpose), step.where)
            if limit is None or limit.span in self._found or not isinstance(step.where, Span):
                continue
            for method in (one for one in _OTHERS if one not in limit.args):
                other = request._replace(method=method)
                answer, exchange = self.evaluator.followed(other)
                if answer.handed_to is not None and not _is_closed(answer):
                    hits = (Hit(other, start.purpose, None),)
                    subject = Subject(start.server, exchange, start.purpose, hits=hits)
                    words = f"`{limit.written} {limit.raw.strip()}>`"
                    message = (
                        f"{words} closes {other.target} for these only: {method} is answered by {answer.handed_to}"
                    )
                    because = (Because(step.where, f"is only for {' '.join(limit.args)}"),)
                    fact = IdleDirective(self.family, KIND, limit.span, message, because, subject)
                    self._found[limit.span] = fact
                    break

    def facts(self) -> Iterator[IdleDirective]:
        """What was gathered."""
        yield from self._found.values()


def _is_closed(decision: Decision) -> bool:
    return decision.verdict == REFUSED or decision.status == 401


def _limited(decision: Decision) -> Step | None:
    """The test of a `<Limit>` that the request's method was among."""
    tests = (step for step in decision.trace if step.field == "method" and step.phase in _PHASES)
    return next((step for step in tests if step.met), None)


def _limit_around(subject: Subject, where: Place | None) -> Directive | None:
    """The `<Limit>` around the line whose test it was."""
    root, access = subject.authz.root, subject.access
    lines = [] if root is None else [leaf.directive for leaf in leaves(root)]
    if access is not None:
        lines += [one.directive for one in (*access.denies, *access.allows)]
        lines += [one.directive for one in access.orders]
    found = next((line for line in lines if line.span == where), None)
    while found is not None and found.name != "<limit":
        found = found.parent
    return found
