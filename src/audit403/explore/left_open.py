"""Answers that hang on what nobody here knows: each thing is told once, with a request that meets it."""

from collections.abc import Iterator

from audit403.core.decision import REASON_FILE, REASON_HOST, UNKNOWN
from audit403.core.fact import ReadingFault
from audit403.core.place import Span
from audit403.explore.asked import Asked

NOT_EVALUATED = "not-evaluated"
"""The kind of such facts."""


class LeftOpen:
    """Gathers them; `taken_for_granted` is the name of what is assumed to stand around a file, which is no place."""

    def __init__(self, family: str, tree_known: bool, taken_for_granted: str = "") -> None:
        self.family = family
        self.tree_known = tree_known
        self._taken_for_granted = taken_for_granted
        self._found: dict[tuple[str, str], ReadingFault] = {}

    def note(self, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        for request, decision, _ in asked:
            if decision.verdict != UNKNOWN:
                continue
            places = [decision.where, *(step.where for step in reversed(decision.trace))]
            spans = (place for place in places if isinstance(place, Span))
            where = next((span for span in spans if span.file != self._taken_for_granted), None)
            for missing in decision.missing:
                if where is None or (missing.reason == REASON_FILE and not self.tree_known):
                    continue
                url = f"{request.method} {request.url()}"
                what = f"what DNS says of {missing.name}" if missing.reason == REASON_HOST else missing.name.strip()
                message = f"whether requests such as {url} are refused hangs on {what}, which is not known here"
                self.add(missing.reason, missing.name, where, message)

    def add(self, reason: str, name: str, where: Span, message: str) -> None:
        """Take in one thing, which its reason and name tell from others."""
        self._found.setdefault((reason, name), ReadingFault(self.family, NOT_EVALUATED, where, message))

    def __len__(self) -> int:
        return len(self._found)

    def facts(self) -> Iterator[ReadingFault]:
        """What was gathered."""
        yield from self._found.values()
