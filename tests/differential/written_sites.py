"""What the tests of exploration on configurations that people wrote share: examples, shared cases, the judgement."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from audit403.core.request import Request
from differential.score import Decides, Key, Score
from servers.every_example import CASE_EXAMPLES, PAGE_EXAMPLES
from servers.laid_out import lay_out_example
from servers.rule_trial import as_ask, as_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from audit403.core.decision import Decision
    from audit403.core.fact import Refusal
    from servers.certificates import Certificates
    from servers.laid_out import LaidOut, Running
    from servers.rule_examples import Example
    from servers.shared_cases import World

COMPLETE = 0.995


class Explores(Protocol):
    """What is found in one configuration (`nginx.explored.Exploration`, `apache.explored.Exploration`)."""

    conf: Path

    @property
    def evaluator(self) -> Decides: ...

    def explore(self) -> object: ...

    def key(self, request: Request, decision: Decision) -> Key: ...

    def is_found(self, request: Request, decision: Decision) -> bool: ...


Found = TypeVar("Found", bound=Explores)


def examples_of(family: str) -> list[Example]:
    """Every example of a server that starts, but for those that also hang on what runs."""
    return [one for one in PAGE_EXAMPLES + CASE_EXAMPLES if one.family == family and one.asks and one.is_of_files]


class ExampleSite:
    """An example as it is laid out, what was found in it, and the running server."""

    def __init__(self, found: Explores, running: Running) -> None:
        self.found = found
        self.running = running
        self.conf = found.conf
        self.evaluator = found.evaluator
        self.key = found.key
        self.is_found = found.is_found
        self.refusals: list[Refusal] = []

    def ask(self, request: Request) -> int:
        return self.running.status(as_ask(request))


def hold_examples(
    examples: Iterable[Example],
    certificates: Certificates,
    explores: Callable[[LaidOut], Found],
    sample_of: Callable[[Found], Iterable[Request]],
    count: int,
) -> None:
    """Ask each example's own requests and `count` others; every 403 is one that exploration found."""
    score = Score()
    for example in examples:
        with lay_out_example(example, certificates) as place, place.running() as running:
            found = explores(place)
            found.explore()
            by_header = running.live.by_header
            sample = (request for request in sample_of(found) if can_ask(request, by_header=by_header))
            asks = (as_request(ask) for ask in example.asks if ask.port in running.live.ports)
            score.sample(ExampleSite(found, running), chain(asks, islice(sample, count)))
            score.counts["sites"] += 1
    judge(score)


def own_requests(world: World) -> Iterator[Request]:
    """The requests of a shared case."""
    for request in world.requests:
        headers = tuple((name, value) for name, value in request.headers.items() if name.lower() != "host")
        host = next((value for name, value in request.headers.items() if name.lower() == "host"), None)
        body = len(request.body) if request.method in ("POST", "PUT", "PATCH") else None
        yield Request(
            request.method, "http", host, request.port, request.target, request.client, headers,
            "::1" if ":" in request.client else "127.0.0.1", None, body,
        )  # fmt: skip


def can_ask(request: Request, *, by_header: bool) -> bool:
    """Whether a request can come from its client: a header says who it is, or it is one of this machine's."""
    return by_header or request.client.startswith("127.") or request.client == "::1"


def judge(score: Score) -> None:
    """What was asked says something, and nearly every 403 was found."""
    score.tell()
    counts = score.counts
    assert counts["refused"] > counts["asked"] / 50, "too few 403s to say anything"
    assert counts["missed"] <= (1 - COMPLETE) * counts["refused"], "403s that exploration did not find"
    assert counts["not in the model"] <= 0.001 * counts["asked"], "403s that the model does not know"
