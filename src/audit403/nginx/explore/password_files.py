"""Password files that nginx cannot read: whoever logs in gets 500, so no refusal tells of them.

Truth: ngx_http_auth_basic_handler, which answers 403 for a file that does not exist and 500 for any other error.
"""

from collections.abc import Iterator

from audit403.core.fact import IdleDirective
from audit403.core.place import Place, Span
from audit403.nginx.explore.places import Start
from audit403.nginx.explore.search import Asked
from audit403.nginx.explore.subject import Hit, Subject

UNREADABLE = "unreadable-password-file"


class PasswordFiles:
    """Gathers them, each `auth_basic_user_file` once."""

    def __init__(self) -> None:
        self._found: dict[Place, IdleDirective] = {}

    def note(self, start: Start, asked: list[Asked]) -> None:
        """Take in what one start led to."""
        for request, decision, _ in asked:
            where = decision.where
            if decision.cause != "password-file" or decision.status != 500 or not isinstance(where, Span):
                continue
            if where not in self._found:
                hit = Hit(request, start.purpose, None)
                subject = Subject(start.server, start.socket, None, start.server, start.purpose, hits=(hit,))
                message = decision.log or ""
                self._found[where] = IdleDirective("nginx", UNREADABLE, where, message, decision.because, subject)

    def __len__(self) -> int:
        return len(self._found)

    def facts(self) -> Iterator[IdleDirective]:
        """What was gathered."""
        yield from self._found.values()
