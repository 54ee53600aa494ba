"""Answers of 500 where the access phase means to ask who somebody is: no refusal tells of them.

Truth: ngx_http_auth_basic_handler, which answers 403 for a password file that does not exist and 500 for any other
error; ngx_http_auth_request_handler, which answers 500 where the subrequest ends with neither 2xx, 401 nor 403.
"""

from collections.abc import Iterator

from audit403.core.fact import IdleDirective
from audit403.core.place import Place, Span
from audit403.explore.asked import Asked
from audit403.explore.subject import Hit
from audit403.nginx.explore.places import Start
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.model import Model

_KINDS = {"password-file": "unreadable-password-file", "auth-request": "auth-request-fails"}
"""The kind of each fact, by the cause of the 500."""


class ServerErrors:
    """Gathers them, each directive once."""

    def __init__(self, model: Model) -> None:
        self._asks_others = model.http.writes("auth_request")
        self._found: dict[Place, IdleDirective] = {}
        self._answered: set[Place] = set()

    def note(self, start: Start, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        for request, decision, _ in asked:
            where, kind = decision.where, _KINDS.get(decision.cause)
            if kind is None or decision.status != 500 or not isinstance(where, Span):
                if self._asks_others:
                    asked_others = (step.where for step in decision.trace if step.phase == "access")
                    self._answered.update(where for where in asked_others if where is not None)
            elif where not in self._found:
                hit = Hit(request, start.purpose, None)
                subject = Subject(start.server, start.socket, None, start.server, start.purpose, hits=(hit,))
                self._found[where] = IdleDirective("nginx", kind, where, decision.log or "", decision.because, subject)

    def __len__(self) -> int:
        return len(self._found)

    def facts(self) -> Iterator[IdleDirective]:
        """What was gathered; an auth_request that has another answer for somebody is left out."""
        for where, fact in self._found.items():
            if where not in self._answered or fact.kind != _KINDS["auth-request"]:
                yield fact
