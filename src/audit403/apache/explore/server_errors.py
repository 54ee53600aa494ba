"""Answers of 500 where something about access cannot work: no refusal tells of them."""

from collections.abc import Iterator

from audit403.apache.decide.cgi import SUEXEC_REFUSES
from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.places import Start
from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import access_files
from audit403.core.fact import IdleDirective
from audit403.core.place import Span
from audit403.explore.asked import Asked
from audit403.explore.subject import Hit

KINDS = frozenset(
    (
        *("htaccess-fault", "no-requirement", "no-authentication", "authz-error", "no-provider", "no-user-file"),
        *("user-file-unreadable", "dav-lock-database", "dav-no-lock-database"),
        *("unknown-auth-type", "no-auth-name", "rewrite-loop", "redirect-limit", "subrequest-limit"),
        SUEXEC_REFUSES,
    )
)
"""The causes of such answers, which are the kinds of the facts."""


class ServerErrors:
    """Gathers them, each once a place."""

    def __init__(self, family: str, evaluator: Evaluator) -> None:
        self.family = family
        self.evaluator = evaluator
        self._found: dict[tuple[str, object], IdleDirective] = {}

    def __len__(self) -> int:
        return len(self._found)

    def note(self, start: Start, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        for request, decision, _ in asked:
            if decision.status != 500 or decision.cause not in KINDS:
                continue
            places = [decision.where, *(step.where for step in reversed(decision.trace))]
            where = next((place for place in places if isinstance(place, Span)), None)
            what = decision.where if decision.cause == SUEXEC_REFUSES else where
            if where is not None and (decision.cause, what) not in self._found:
                decision, exchange = self.evaluator.followed(request)
                subject = Subject(
                    start.server,
                    exchange,
                    start.purpose,
                    access_files=access_files(decision),
                    hits=(Hit(request, start.purpose, None),),
                )
                message = decision.log or (decision.because[0].message if decision.because else "")
                self._found[decision.cause, what] = IdleDirective(
                    self.family, decision.cause, where, message, decision.because, subject
                )

    def facts(self) -> Iterator[IdleDirective]:
        """What was gathered."""
        yield from self._found.values()
