"""Error pages that lead round in a circle: the page for 403 is refused, and nginx looks for its page again.

It gives up after ten rounds with 500, so no refusal tells of it; `recursive_error_pages` must be on for it.
"""

from collections.abc import Iterator

from audit403.core.decision import Decision, Step
from audit403.core.fact import IdleDirective
from audit403.core.place import Because, Place, Span
from audit403.core.request import Request
from audit403.explore.asked import Asked
from audit403.explore.subject import WAY_ERROR_PAGE, Hit
from audit403.nginx.explore.places import Start
from audit403.nginx.explore.subject import Subject


class Loops:
    """Gathers such circles, each error_page once a server block."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, Place], IdleDirective] = {}

    def note(self, start: Start, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        for request, decision, _ in asked:
            page = _page(decision)
            if page is not None and isinstance(page.where, Span):
                self._found.setdefault((id(start.server), page.where), _fact(start, request, decision, page.where))

    def __len__(self) -> int:
        return len(self._found)

    def facts(self) -> Iterator[IdleDirective]:
        """What was gathered."""
        yield from self._found.values()


def _page(decision: Decision) -> Step | None:
    """The error page for 403 that a circle came to last."""
    if decision.cause != "redirect-cycle":
        return None
    pages = (step for step in reversed(decision.trace) if step.phase == "error_page" and step.value is not None)
    last = next(pages, None)
    return last if last is not None and last.value == "403" else None


def _fact(start: Start, request: Request, decision: Decision, where: Span) -> IdleDirective:
    refusing = next((step.where for step in reversed(decision.trace) if _refuses(step)), None)
    because = () if refusing is None else (Because(refusing, "refuses the page for 403 too"),)
    hit = Hit(request, start.purpose, WAY_ERROR_PAGE)
    subject = Subject(start.server, start.socket, None, start.server, start.purpose, hits=(hit,))
    message = "the page for 403 is refused, and so is the page for that: nginx gives up with 500"
    return IdleDirective("nginx", "error-page-loop", where, message, because, subject)


def _refuses(step: Step) -> bool:
    return step.text == "return 403" or (step.phase == "access" and step.text.startswith("deny") and bool(step.met))
