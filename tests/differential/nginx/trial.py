"""A request with everything that decides access – a body, TLS, what came before – and what the log says of it."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.decision import REFUSED
from audit403.core.request import Request
from audit403.core.request import Tls as ClientHello
from differential.nginx.duel import Duel, Judge, Judgement
from servers.http import CLOSED, Response, Tls, request_bytes

if TYPE_CHECKING:
    from differential.nginx.duel import Answered, Question
    from servers.nginx import Nginx

_MESSAGE = re.compile(r"^\S+ \S+ \[\w+\] \d+#\d+: (?:\*\d+ )?(.*?)(?:, client: .*)?$")
_EXCESS = re.compile(r"excess: \d+\.\d+")
_SPEAKS_OF_A_REFUSAL = re.compile(
    r"^(access forbidden by rule|limiting (?!\w+, dry run)|directory index of|.* is forbidden \(13:|"
    r"open\w*\(\) .* failed \((13|40):)"
)


class Heard(NamedTuple):
    """An answer and the messages that nginx logged while it was made."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    log: tuple[str, ...]


class Trial(NamedTuple):
    """One request for both. `before` sends the same request so many times first, and the evaluator is told."""

    port: int
    target: str = "/"
    method: str = "GET"
    host: str | None = "localhost"
    headers: tuple[tuple[str, str], ...] = ()
    client: str = "127.0.0.1"
    to: str | None = None
    body: int | None = None
    tls: Tls | None = None
    certificate: str = "none"
    before: int = 0

    def request(self) -> Request:
        """The request as the evaluator takes it."""
        hello = None if self.tls is None else ClientHello(self.tls.sni, self.certificate)
        scheme = "http" if self.tls is None else "https"
        return Request(
            self.method, scheme, self.host, self.port, self.target, self.client, self.headers, self._server(), hello,
            self.body, self.before > 0,
        )  # fmt: skip

    def send(self, server: Nginx) -> Heard:
        """Ask the real server; a handshake that fails and a port where nobody listens are closed connections."""
        for _ in range(self.before):
            self._send(server)
        with server.logged() as lines:
            response = self._send(server)
        found = [match[1] for match in map(_MESSAGE.match, lines) if match is not None]
        return Heard(response.status, response.headers, response.body, tuple(found))

    def _send(self, server: Nginx) -> Response:
        lines = [*(() if self.host is None else (("Host", self.host),)), *self.headers]
        body = b"b" * (self.body or 0)
        if self.body is not None:
            lines.append(("Content-Length", str(self.body)))
        raw = request_bytes(self.method, self.target, lines, body=body)
        source = self.client if self.to is None or ":" in self.to or ":" not in self.client else None
        with contextlib.suppress(ConnectionError, OSError):
            return server.client.send(
                raw, self.port, method=self.method, address=self._server(), source=source, tls=self.tls
            )
        return Response(CLOSED, (), b"")

    def _server(self) -> str:
        return self.to or ("::1" if ":" in self.client else "127.0.0.1")


class LoggedDuel(Duel):
    """A duel about the error log's words for a refusal too; a wrong one counts among the wrong texts."""

    def differs(self, judgement: Judgement, response: Answered) -> bool:
        if super().differs(judgement, response):
            return True
        if not isinstance(response, Heard) or judgement.decision.verdict != REFUSED:
            return False
        return not log_is_right(judgement, response)

    def _shown(self, conf: str, ask: Question) -> str:
        shown = super()._shown(conf, ask)
        heard = ask.send(self.server)
        assert isinstance(heard, Heard)
        decision = Judge(self.server.conf, self.prefix)(ask).decision
        return f"{shown}\nlogged:   {heard.log}\nexpected: {decision.log!r}"


def log_is_right(judgement: Judgement, heard: Heard) -> bool:
    """Whether the message that the evaluator expects was logged, or none about a refusal when it expects none."""
    decision = judgement.decision
    logged = [_EXCESS.sub("excess", message) for message in heard.log]
    if decision.log is not None:
        # nginx may add what it was doing: ` while sending response to client`.
        wanted = _EXCESS.sub("excess", decision.log)
        return any(message == wanted or message.startswith(f"{wanted} while ") for message in logged)
    # An error page may log a refusal of its own before or after the one that decides.
    went_on = any(step.phase.endswith("error_page") for step in decision.trace)
    return went_on or not any(map(_SPEAKS_OF_A_REFUSAL.match, logged))
