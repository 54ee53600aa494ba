"""Exploration is complete on configurations that people wrote: the shared cases, the rule pages, the sound templates.

Each is laid out as it is, runs on the real nginx, and is asked for what it says itself and for a dense sample.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

import pytest

from differential.dense_sample import Port
from differential.nginx.dense_sample import NginxSample
from differential.nginx.explored import REAL_IP, Asker, Exploration
from differential.score import Score
from differential.written_sites import can_ask, examples_of, hold_examples, judge, own_requests
from servers.need import need, need_root
from servers.nginx import Nginx, NginxError
from servers.shared_cases import CASES, SharedCase, World, lay_out, shared_cases

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator

    from audit403.core.request import Request
    from audit403.nginx.model.model import Model
    from servers.certificates import Certificates

_REQUESTS = 40
_GROUPS = 4
_HTTP_OPENS = re.compile(r"^\s*http\s*\{", re.MULTILINE)


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
    hold_examples(
        examples_of("nginx")[group::_GROUPS],
        certificates,
        lambda place: Exploration(place.main, place.base / "run"),
        lambda found: _sample(rng, found.model),
        cases(_REQUESTS),
    )


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
    judge(score)
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
        sample = (request for request in _sample(rng, site.model) if can_ask(request, by_header=not configured))
        score.sample(site, chain(own_requests(world), islice(sample, count)))
        score.counts["sites"] += 1
    finally:
        server.stop()


def _sample(rng: random.Random, model: Model) -> Iterable[Request]:
    directives = [directive for file in model.configuration.files.values() for directive in file.directives]
    ports = list(
        dict.fromkeys(port for file in model.configuration.files.values() for port in _ports(file.source.text))
    )
    return NginxSample(rng, ports or [Port("127.0.0.1", 80, False)], directives).requests(10**9)


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
