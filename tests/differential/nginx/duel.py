"""One configuration, many requests, two answers: the real nginx's and the evaluator's.

`Duel.run` starts the configuration on the real server, asks everything of both and keeps what differs; `Duel.check`
says how often they agreed and fails below what issue A demands, with the first differences shrunk to what they need.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple, Protocol

from audit403.core.decision import REFUSED, UNKNOWN, Decision
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence
from audit403.nginx.decide.evaluator import Answer, Evaluator
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from differential.comparison import SHOWN, Comparison, indented, same_status
from differential.nginx.shrink import shrink
from servers.http import CLOSED, Response, request_bytes
from servers.nginx import Nginx, NginxError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audit403.nginx.decide.exchange import Exchange
    from audit403.nginx.decide.outcome import Outcome
    from servers.server import Server


class Ask(NamedTuple):
    """One request, for both. `text` None: only the status is compared, not what `return CODE TEXT` sends."""

    port: int
    target: str = "/"
    method: str = "GET"
    host: str | None = "localhost"
    headers: tuple[tuple[str, str], ...] = ()
    client: str = "127.0.0.1"
    to: str | None = None
    body: bytes | None = None

    def request(self) -> Request:
        """The request as the evaluator takes it."""
        length = None if self.body is None else len(self.body)
        return Request(
            self.method, "http", self.host, self.port, self.target, self.client, self.headers,
            self.to or self._server(), body_length=length,
        )  # fmt: skip

    def prepare(self, server: Server) -> None:
        """What a client does before, of which the log does not count: nothing."""

    def send(self, server: Server) -> Response:
        """Ask the real server, byte for byte; where nobody listens the answer is that of a closed connection."""
        lines = [*(() if self.host is None else (("Host", self.host),)), *self.headers]
        framed = {"content-length", "transfer-encoding"} & {name.lower() for name, _ in lines}
        if self.body is not None and not framed:
            lines.append(("Content-Length", str(len(self.body))))
        body = self.body or b""
        if any(name.lower() == "transfer-encoding" for name, _ in lines) and self.body is not None:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        raw = request_bytes(self.method, self.target, lines, body=body)
        try:
            return server.client.send(
                raw, self.port, method=self.method, address=self.to or self._server(), source=self.client
            )
        except ConnectionRefusedError:
            return Response(CLOSED, (), b"")

    def _server(self) -> str:
        return "::1" if ":" in self.client else "127.0.0.1"


class Answered(Protocol):
    """What a real server answered: `Response`, and what knows more."""

    @property
    def status(self) -> int:
        """The status; CLOSED where there was no answer."""
        ...

    @property
    def body(self) -> bytes:
        """What was sent."""
        ...


class Question(Protocol):
    """A request for both: `Ask`, and what knows more."""

    @property
    def method(self) -> str:
        """The method."""
        ...

    def request(self) -> Request:
        """The request as the evaluator takes it."""
        ...

    def send(self, server: Nginx) -> Answered:
        """Ask the real server."""
        ...


class Judgement(NamedTuple):
    """What the evaluator says: the decision, and the text that `return` sends along when it does."""

    decision: Decision
    text: bytes | None


class _Watched(Evaluator):
    """An evaluator whose last exchange can be looked at."""

    last: Exchange | None = None

    def watched(self, request: Request) -> tuple[Decision, Exchange | None]:
        """The decision, and the exchange that led to it where there was one."""
        self.last = None
        return self.decide(request), self.last

    def _run(self, exchange: Exchange, outcome: Outcome | None) -> Answer:
        if not exchange.is_subrequest:
            self.last = exchange
        return super()._run(exchange, outcome)


class Judge:
    """The evaluator of one configuration file."""

    def __init__(self, main: Path, prefix: Path, now: int | None = None) -> None:
        evidence = LocalEvidence()
        configuration = read_configuration(str(main), evidence, prefix=str(prefix))
        self.model = build_model(configuration, socket.gethostname())
        self.evaluator = _Watched(self.model, evidence, now=now)

    def __call__(self, ask: Question) -> Judgement:
        decision, exchange = self.evaluator.watched(ask.request())
        sent = exchange.response_text if exchange is not None and ask.method != "HEAD" else None
        return Judgement(decision, sent.encode("utf-8", "surrogateescape") if isinstance(sent, str) else None)


def same_text(judgement: Judgement, response: Answered) -> bool:
    """Whether a `return 200 TEXT` sends what the evaluator says it sends."""
    return judgement.text is None or response.status != 200 or judgement.text == response.body


class Duel(Comparison):
    """The comparisons of one test."""

    def __init__(self, prefix: Path, *, texts: bool = True) -> None:
        self.prefix = prefix
        self.server: Nginx = Nginx(prefix, "")
        super().__init__(self.server, "text")
        self.texts = texts

    def run(self, conf: str, asks: Sequence[Question]) -> list[int]:
        """Ask everything of both; the real statuses, in order. `conf` must be the configuration that runs."""
        judge = Judge(self.server.conf, self.prefix)
        statuses: list[int] = []
        for ask in asks:
            response = ask.send(self.server)
            statuses.append(response.status)
            self.asked += 1
            self.refused += response.status == 403
            judgement = judge(ask)
            kind = self.counted(self._kind(judgement, response))
            if kind and len(self.differences[kind]) < SHOWN:
                self.differences[kind].append(self._shown(conf, ask))
                self.start_again(conf)
        return statuses

    def differs(self, judgement: Judgement, response: Answered) -> bool:
        """Whether the two disagree in anything that is compared."""
        decision = judgement.decision
        if decision.verdict == UNKNOWN or (decision.verdict == REFUSED) != (response.status == 403):
            return True
        return not same_status(decision, response.status) or (self.texts and not same_text(judgement, response))

    def _kind(self, judgement: Judgement, response: Answered) -> str | None:
        decision = judgement.decision
        if not self.differs(judgement, response):
            return None
        if decision.verdict == UNKNOWN:
            return "unknown"
        if same_status(decision, response.status):
            return "text"
        return "status" if (decision.verdict == REFUSED) == (response.status == 403) else "verdict"

    def _shown(self, conf: str, ask: Question) -> str:
        """The difference, its configuration cut down to what it takes."""

        def still(smaller: str) -> bool:
            try:
                self.server.restart(smaller)
            except NginxError:
                return False
            return self.differs(Judge(self.server.conf, self.prefix)(ask), ask.send(self.server))

        small = shrink(conf, still)
        if not still(small):
            return f"a difference that does not come again: {ask}\n{conf}"
        response = ask.send(self.server)
        judgement = Judge(self.server.conf, self.prefix)(ask)
        decision = judgement.decision
        steps = "\n".join(f"    {step.phase}: {step.text}" for step in decision.trace)
        return (
            f"{indented(small)}\n{ask}\n"
            f"nginx:    {response.status} {response.body[:300]!r}\n"
            f"audit403: {decision.status} {judgement.text!r} {decision.verdict} {decision.cause} "
            f"{decision.handed_to or ''} {decision.missing or ''}\n{steps}"
        )
