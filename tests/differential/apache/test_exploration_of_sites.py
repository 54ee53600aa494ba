"""Exploration is complete on configurations that people wrote: the shared cases, the rule pages, their cases.

Each is laid out as it is, runs on the real httpd, and is asked for what it says itself and for a dense sample.
"""

from __future__ import annotations

import os
import re
from itertools import chain, islice
from typing import TYPE_CHECKING

import pytest

from differential.apache.dense_sample import ApacheSample
from differential.apache.explored import TOLD, Exploration
from differential.dense_sample import Port
from differential.score import Score
from differential.written_sites import can_ask, examples_of, hold_examples, judge, own_requests
from servers.apache import Apache, ApacheError, load_modules
from servers.http import CLOSED
from servers.live import CLIENT_HEADER
from servers.need import need, need_root
from servers.shared_cases import CASES, SharedCase, World, lay_out, shared_cases

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from audit403.core.request import Request
    from servers.certificates import Certificates

_REQUESTS = 25
_GROUPS = 2
_ACCESS_FILE = ".htaccess"


class CaseSite(Exploration):
    """A shared case, and the running server."""

    def __init__(self, world: World, server: Apache, *, by_header: bool) -> None:
        super().__init__(world.main)
        self.server = server
        self.by_header = by_header

    def ask(self, request: Request) -> int:
        lines = [*(() if request.host is None else (("Host", request.host),)), *request.headers]
        if self.by_header:
            lines.append((CLIENT_HEADER, request.client))
        source = None if self.by_header else request.client
        body = b"b" * (request.body_length or 0)
        try:
            answer = self.server.client.ask(
                request.port, request.method, request.target, lines, host=None, source=source, body=body,
                address=request.to or "127.0.0.1",
            )  # fmt: skip
        except OSError:
            return CLOSED
        return answer.status


@pytest.mark.parametrize("group", range(_GROUPS))
def test_examples(group: int, rng: random.Random, certificates: Certificates, cases: Callable[[int], int]) -> None:
    need("apache2")
    need_root()
    hold_examples(
        examples_of("apache")[group::_GROUPS],
        certificates,
        lambda place: Exploration(place.main),
        lambda found: _sample(rng, found),
        cases(_REQUESTS),
    )


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not there")
@pytest.mark.parametrize("state", ["broken", "fixed"])
def test_shared_cases(state: str, rng: random.Random, cases: Callable[[int], int]) -> None:
    need("apache2")
    need_root()
    score = Score()
    for case in shared_cases("apache"):
        with lay_out(case, "broken" if state == "broken" else "fixed") as world:
            _of_case(case, world, rng, cases(_REQUESTS), score)
    judge(score)
    assert score.counts["sites"] > 2 * score.counts["does not start"]


def _of_case(case: SharedCase, world: World, rng: random.Random, count: int, score: Score) -> None:
    text = world.main.read_text()
    configured = "RemoteIP" in text
    live = world.main.with_name("live-" + world.main.name)
    told = TOLD if "remoteip_module" in text else load_modules(["remoteip"]) + TOLD
    live.write_text(text if configured else f"{text}\n{told}")
    server = Apache(world.prefix, live, error_log=world.error_log, within=world.within)
    try:
        server.start()
    except ApacheError as error:
        score.note("does not start", f"{case.id}: {error}")
        return
    try:
        site = CaseSite(world, server, by_header=not configured)
        site.explore()
        sample = (request for request in _sample(rng, site) if can_ask(request, by_header=not configured))
        score.sample(site, chain(own_requests(world), islice(sample, count)))
        score.counts["sites"] += 1
    finally:
        server.stop()


def _sample(rng: random.Random, found: Exploration) -> Iterator[Request]:
    configuration = found.evaluator.model.configuration
    texts = [file.source.text for file in configuration.files.values()]
    tls = any(re.search(r"^\s*SSLEngine\s+on", text, re.MULTILINE | re.IGNORECASE) for text in texts)
    ports = dict.fromkeys(port for text in texts for port in _ports(text, tls=tls))
    sample = ApacheSample(rng, list(ports) or [Port("127.0.0.1", 80, False)], configuration.directives)
    for server in found.evaluator.model.servers:
        root = server.document_root
        if root is None or not os.path.isdir(root):
            continue
        for folder, _, files in os.walk(root):
            if _ACCESS_FILE in files:
                access_file = found.evaluator.access_files.parsed(f"{folder}/{_ACCESS_FILE}")
                sample.access_file(access_file.directives, folder[len(root) :] + "/")
    return sample.requests(10**9)


def _ports(text: str, *, tls: bool) -> Iterator[Port]:
    """The sockets that a configuration opens, as a visitor of this machine reaches them."""
    for found in re.finditer(r"^[ \t]*Listen[ \t]+(\S+)", text, re.MULTILINE | re.IGNORECASE):
        address, _, port = found[1].rpartition(":")
        if not port.isdigit():
            continue
        local = "127.0.0.1" if address in ("", "*", "0.0.0.0") else address.strip("[]")
        yield Port("::1" if local == "::" else local, int(port), tls and port == "443")
