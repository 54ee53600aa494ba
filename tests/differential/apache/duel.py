"""One configuration, many requests, two answers: the real httpd's and the evaluator's.

As for nginx (differential/nginx/duel.py), and besides: where httpd says in its log which `Require` has come to what
(AH01626), and with which message it refuses, the trace and the decision must say the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.model.build import build_model
from audit403.apache.read.configuration import read_configuration
from audit403.core.decision import REFUSED, UNKNOWN, Decision
from audit403.evidence.local import LocalEvidence
from differential.apache.shrink import shrink
from differential.comparison import SHOWN, Comparison, indented, same_status
from servers.apache import USUAL, Apache, ApacheError, main_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from audit403.core.request import Request
    from audit403.evidence.interface import Evidence
    from servers.http import Response

LATE = 0
"""The status of an answer that did not come in time."""
_NUMBER = re.compile(r"\b(AH\d{5})\b")
_RESULT = re.compile(r"AH0162[56]: (authorization result of .*)\Z")
#: What httpd puts behind each line where the request has a Referer.
_REFERER = re.compile(r", referer: .*\Z")
_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)")
_NAMED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
#: Refusals that httpd logs at a level that is on by default, and that the decision must name.
_REFUSALS = frozenset(
    (
        "AH00035", "AH00036", "AH00037", "AH00032", "AH00038", "AH00529", "AH00127", "AH00132", "AH01276", "AH01275",
        "AH01630", "AH01797", "AH01631", "AH02219", "AH02229", "AH10158", "AH02035",
        "AH00670", "AH10410", "AH10411", "AH10508", "AH00669", "AH10160",
        "AH01262", "AH01263", "AH01265", "AH02809", "AH02812", "AH01234",
        "AH00686", "AH00683", "AH00898",
    )
)  # fmt: skip


#: Causes that httpd says nothing about; what it has logged then is about a subrequest.
_SILENT = frozenset(("rewrite-rule", "redirect-status"))


class Question(Protocol):
    """A request for both: nginx's `Ask`, and what knows more."""

    @property
    def target(self) -> str:
        """The target."""
        ...

    def request(self) -> Request:
        """The request as the evaluator takes it."""
        ...

    def prepare(self, server: Apache) -> None:
        """What a client does before, of which the log does not count."""
        ...

    def send(self, server: Apache) -> Response:
        """Ask the real server."""
        ...


class Real:
    """What httpd has answered and logged."""

    def __init__(self, status: int, log: list[str], variant: str | None = None) -> None:
        self.status = status
        #: The file that a negotiated answer comes from (Content-Location).
        self.variant = None if variant is None else unquote(variant, errors="surrogateescape")
        self.results = [_unescaped(found[1]) for line in log if (found := _RESULT.search(_without_client(line)))]
        numbers = [found[1] for line in log if (found := _NUMBER.search(line))]
        self.refusals = [number for number in numbers if number in _REFUSALS]
        self.log = log


class Judge:
    """The evaluator of one configuration file."""

    def __init__(self, main: Path, evidence: Evidence) -> None:
        self.configuration = read_configuration(str(main), evidence)
        self.evaluator = Evaluator(build_model(self.configuration), evidence)

    def __call__(self, ask: Question) -> Decision:
        return self.evaluator.decide(ask.request())


def results_of(decision: Decision) -> list[str]:
    """What the trace says about every Require that was asked."""
    steps = [step.text for step in decision.trace if step.phase == "authz"]
    return [text for text in steps if text.startswith("authorization result of ")]


class Duel(Comparison):
    """The comparisons of one test. `body` of a configuration is put behind what every httpd needs."""

    def __init__(
        self,
        prefix: Path,
        *,
        modules: Iterable[str] = USUAL,
        extra: Iterable[str] = (),
        results: bool = True,
        within: Sequence[str] = (),
        evidence: Callable[[], Evidence] = LocalEvidence,
    ) -> None:
        self.prefix = prefix
        self.modules, self.extra = tuple(modules), tuple(extra)
        self.server: Apache = Apache(prefix, "", within=within)
        super().__init__(self.server, "trace")
        #: What the evaluator sees; with `within`, what the server sees there.
        self.evidence = evidence
        self.results = results
        self.late = 0

    def whole(self, body: str) -> str:
        """The main configuration around a body."""
        level = "warn authz_core:debug" if "authz_core" in (*self.modules, *self.extra) else "warn"
        return main_config(self.prefix, body, modules=self.modules, extra=self.extra, log_level=level)

    def ask(self, ask: Question) -> Real:
        """What httpd answers and logs."""
        ask.prepare(self.server)
        with self.server.logged() as log:
            response = ask.send(self.server)
        return Real(response.status, log, response.header("content-location"))

    def hold(self, planned: int, body_of: Callable[[], str], asks_of: Callable[[], Sequence[Question]]) -> None:
        """One configuration after another, until so many requests were asked of those that run; then the check."""
        while self.asked < planned:
            body = body_of()
            if self.start(body):
                self.run(body, asks_of())
        self.check()

    def run(self, body: str, asks: Sequence[Question]) -> list[int]:
        """Ask everything of both; the real statuses, in order. `body` must be the configuration that runs."""
        judge = Judge(self.server.conf, self.evidence())
        statuses: list[int] = []
        for ask in asks:
            try:
                real = self.ask(ask)
            except TimeoutError:
                # Look-aheads in rules for look-aheads keep httpd busy for minutes.
                self.late += 1
                self.start_again(body)
                statuses.append(LATE)
                continue
            statuses.append(real.status)
            self.asked += 1
            self.refused += real.status == 403
            decision = judge(ask)
            kind = self.counted(self.kind(decision, real))
            if kind and len(self.differences[kind]) < SHOWN:
                self.differences[kind].append(self._shown(body, ask, kind))
                self.start_again(body)
        return statuses

    def check(self) -> None:
        """What every comparison demands, and that httpd answers."""
        super().check()
        assert self.late <= self.asked / 500, f"httpd did not answer {self.late} requests in time"

    def kind(self, decision: Decision, real: Real) -> str | None:
        """In what the two disagree, if in anything."""
        if decision.verdict == UNKNOWN:
            return "unknown"
        if (decision.verdict == REFUSED) != (real.status == 403):
            return "verdict"
        if not same_status(decision, real.status):
            return "status"
        if self.results and not same_results(decision, real):
            return "trace"
        return None if same_refusal(decision, real) and same_variant(decision, real) else "trace"

    def _shown(self, body: str, ask: Question, kind: str) -> str:
        """The difference, its configuration cut down to what it takes."""

        def still(smaller: str) -> bool:
            try:
                self.server.restart(self.whole(smaller))
                return self.kind(Judge(self.server.conf, self.evidence())(ask), self.ask(ask)) == kind
            except (ApacheError, TimeoutError):
                return False

        small = shrink(body, still)
        if not still(small):
            return f"a difference that does not come again: {ask}\n{body}"
        real = self.ask(ask)
        decision = Judge(self.server.conf, self.evidence())(ask)
        steps = "\n".join(f"    {step.phase}: {step.text} {_met(step.met)}" for step in decision.trace)
        log = "\n".join(f"    {_without_client(line)}" for line in real.log)
        return (
            f"{indented(small)}\n{ask}\n"
            f"httpd:    {real.status}\n{log}\n"
            f"audit403: {decision.status} {decision.verdict} {decision.cause} "
            f"{decision.handed_to or ''} {decision.missing or ''} {decision.log}\n{steps}"
        )


def same_results(decision: Decision, real: Real) -> bool:
    """Whether every Require has come to the same.

    For each entry of a listing httpd goes on asking, and so it does in each of the rounds of [N] that change nothing.
    """
    found = results_of(decision)
    goes_on = decision.cause == "rewrite-loop" or any(
        step.phase == "handler" and step.operator == "contains" and step.met for step in decision.trace
    )
    return real.results[: len(found)] == found if goes_on else real.results == found


def same_refusal(decision: Decision, real: Real) -> bool:
    """Whether a refusal has the message that httpd has logged."""
    if real.status != 403:
        return True
    found = None if decision.log is None else _NUMBER.search(decision.log)
    if not real.refusals:
        return found is None or found[1] not in _REFUSALS
    if found is None:
        return decision.cause in _SILENT
    return found[1] in real.refusals


def same_variant(decision: Decision, real: Real) -> bool:
    """Whether the trace has chosen the variant that httpd names."""
    if real.variant is None:
        return True
    return any(f" variants {real.variant} fits best " in step.text for step in decision.trace)


def _without_client(line: str) -> str:
    """A line of the log from its AH number on."""
    found = _NUMBER.search(line)
    return line if found is None else _REFERER.sub("", line[found.start() :])


def _unescaped(text: str) -> str:
    """A text of the log as it was before httpd escaped it."""
    data = _ESCAPE.sub(lambda found: _byte(found[1]), text.encode("utf-8", "surrogateescape"))
    return data.decode("utf-8", "surrogateescape")


def _byte(escaped: bytes) -> bytes:
    return bytes((int(escaped[1:], 16),)) if escaped[:1] == b"x" else _NAMED.get(escaped, escaped)


def _met(met: bool | None) -> str:
    return "" if met is None else "(met)" if met else "(not met)"
