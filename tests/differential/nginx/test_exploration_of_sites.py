"""Exploration is complete on configurations that people wrote: the shared cases, the rule pages, the sound templates.

Each is laid out as it is, runs on the real nginx, and is asked for what it says itself and for a dense sample.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.core.registry import rule_pages
from audit403.core.request import Request
from differential.nginx.dense_sample import DenseSample, Port
from differential.nginx.explored import REAL_IP, Asker, Exploration
from differential.score import Score
from servers.laid_out import lay_out_example
from servers.need import need, need_root
from servers.nginx import Nginx, NginxError
from servers.rule_examples import case_examples, page_examples
from servers.rule_trial import as_ask, as_request
from servers.shared_cases import CASES, SharedCase, World, lay_out, shared_cases

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator

    from audit403.nginx.model.model import Model
    from servers.certificates import Certificates
    from servers.laid_out import Running

FIXTURES = Path(__file__).parents[3] / "fixtures"
EVERY = [
    *(example for _, page in rule_pages() for example in page_examples(Path(page))),
    *(example for case in sorted(FIXTURES.glob("*/*/*/case.toml")) for example in case_examples(case.parent)),
]
EXAMPLES = [example for example in EVERY if example.family == "nginx"]
_REQUESTS = 40
_GROUPS = 4
_HTTP_OPENS = re.compile(r"^\s*http\s*\{", re.MULTILINE)
COMPLETE = 0.995


class ExampleSite(Exploration):
    """An example as it is laid out, and the running server."""

    def __init__(self, main: Path, prefix: Path, running: Running) -> None:
        super().__init__(main, prefix)
        self.running = running

    def ask(self, request: Request) -> int:
        return self.running.status(as_ask(request))


class CaseSite(Asker, Exploration):
    """A shared case, and the running server."""

    def __init__(self, world: World, server: Nginx, *, by_header: bool) -> None:
        Asker.__init__(self, server)
        Exploration.__init__(self, world.main, world.prefix)
        self.by_header = by_header

    def ask(self, request: Request) -> int:
        if self.by_header:
            return super().ask(request)
        source = request.client if request.client.startswith("127.") else None
        lines = [*(() if request.host is None else (("Host", request.host),)), *request.headers]
        answer = self.server.client.ask(
            request.port,
            request.method,
            request.target,
            lines,
            host=None,
            source=source,
            body=b"b" * (request.body_length or 0),
        )
        return answer.status


@pytest.mark.parametrize("group", range(_GROUPS))
def test_examples(
    group: int,
    rng: random.Random,
    certificates: Certificates,
    cases: Callable[[int], int],
) -> None:
    need("nginx")
    need_root()
    score = Score()
    for example in EXAMPLES[group::_GROUPS]:
        if not example.asks:
            continue  # no server starts with it
        with lay_out_example(example, certificates) as place, place.running() as running:
            site = ExampleSite(place.main, place.base / "run", running)
            site.explore()
            by_header = running.live.by_header
            sample = (request for request in _sample(rng, site.model) if _can_ask(request, by_header=by_header))
            asks = (as_request(ask) for ask in example.asks if ask.port in running.live.ports)
            score.sample(site, chain(asks, islice(sample, cases(_REQUESTS))))
            score.counts["sites"] += 1
    _judge(score)


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not there")
@pytest.mark.parametrize("state", ["broken", "fixed"])
def test_shared_cases(state: str, rng: random.Random, cases: Callable[[int], int]) -> None:
    need("nginx")
    need_root()
    score = Score()
    for case in shared_cases("nginx"):
        with lay_out(case, "broken" if state == "broken" else "fixed") as world:
            if not world.within:
                _of_case(case, world, rng, cases(_REQUESTS), score)
    _judge(score)
    assert score.counts["sites"] > 2 * score.counts["does not start"]


def _of_case(case: SharedCase, world: World, rng: random.Random, count: int, score: Score) -> None:
    text = world.main.read_text()
    configured = "real_ip" in "".join(path.read_text() for path in world.main.parent.rglob("*.conf"))
    live = world.main.with_name("live-" + world.main.name)
    live.write_text(text if configured else _HTTP_OPENS.sub(lambda found: f"{found[0]} {REAL_IP}", text, count=1))
    server = Nginx(world.prefix, live, error_log=world.error_log)
    try:
        server.start()
    except NginxError as error:
        score.note("does not start", f"{case.id}: {error}")
        return
    try:
        site = CaseSite(world, server, by_header=not configured)
        site.explore()
        sample = (request for request in _sample(rng, site.model) if _can_ask(request, by_header=not configured))
        score.sample(site, chain(_own_requests(world), islice(sample, count)))
        score.counts["sites"] += 1
    finally:
        server.stop()


def _own_requests(world: World) -> Iterator[Request]:
    for request in world.requests:
        headers = tuple((name, value) for name, value in request.headers.items() if name.lower() != "host")
        host = next((value for name, value in request.headers.items() if name.lower() == "host"), None)
        body = len(request.body) if request.method in ("POST", "PUT", "PATCH") else None
        yield Request(
            request.method, "http", host, request.port, request.target, request.client, headers,
            "::1" if ":" in request.client else "127.0.0.1", None, body,
        )  # fmt: skip


def _sample(rng: random.Random, model: Model) -> Iterable[Request]:
    directives = [directive for file in model.configuration.files.values() for directive in file.directives]
    ports = list(
        dict.fromkeys(port for file in model.configuration.files.values() for port in _ports(file.source.text))
    )
    return DenseSample(rng, ports or [Port("127.0.0.1", 80, False)], directives).requests(10**9)


def _ports(text: str) -> Iterator[Port]:
    """The sockets that a configuration opens, as a visitor of this machine reaches them."""
    for found in re.finditer(r"(?:^|[;{])\s*listen\s+([^;]+);", text, re.MULTILINE):
        where, *options = found[1].split()
        if where.startswith("unix:"):
            continue
        address, _, port = where.rpartition(":") if not where.endswith("]") else (where, "", "80")
        if not port.isdigit():
            address, port = where, "80"
        tls = "ssl" in options
        wild = address in ("", "*", "0.0.0.0", "[::]", "localhost")
        local = "::1" if address.startswith("[") else "127.0.0.1"
        yield Port(local if wild else address.strip("[]"), int(port), tls)


def _can_ask(request: Request, *, by_header: bool) -> bool:
    return by_header or request.client.startswith("127.") or request.client == "::1"


def _judge(score: Score) -> None:
    score.tell()
    counts = score.counts
    assert counts["refused"] > counts["asked"] / 50, "too few 403s to say anything"
    assert counts["missed"] <= (1 - COMPLETE) * counts["refused"], "403s that exploration did not find"
    assert counts["not in the model"] <= 0.001 * counts["asked"], "403s that the model does not know"
