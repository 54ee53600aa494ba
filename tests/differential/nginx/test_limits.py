"""limit_req and limit_conn with their statuses: real limits, used up by the same client before the measured request."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from differential.nginx.influence import Influence, at_fuzz_scale
from differential.nginx.measured import Measured
from differential.nginx.trial import Trial
from differential.nginx.where import Where
from servers.http import request_bytes
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from differential.nginx.trial import Heard
    from servers.nginx import Nginx

_REQUESTS = 30
KEYS = ("$binary_remote_addr", "$http_x_client", '""', "$http_x_none", "$http_x_maybe")
REQUEST_KEYS = (*KEYS, "$http_x_client$uri", "$request_method$http_x_client")
STATUSES = ("403", "403", "403", "429", "503", "444", "408", "400", "499")
PATHS = ("/", "/a/", "/a/f", "/b/f", "/f", "/refuses", "/goes", "/asks", "/none", "/limited")
WANTED = (
    "limit_req", "limit_req_status", "limit_req_dry_run", "limit_conn", "limit_conn_status", "limit_conn_dry_run",
    "error_page",
)  # fmt: skip


class LimitedTrial(Trial):
    """A request that is measured while the same client holds a connection open, if it is to be over its limits."""

    def send(self, server: Nginx) -> Heard:
        if not self.before:
            return super().send(server)
        with _held(self):
            return super().send(server)


@contextlib.contextmanager
def _held(trial: Trial) -> Iterator[None]:
    """A request of the same client that nginx does not finish: it waits for the rest of a body that never comes."""
    headers = [("Host", "x"), *trial.headers, ("Content-Length", "9"), ("Expect", "100-continue")]
    address = ("127.0.0.1", trial.port)
    with contextlib.ExitStack() as open_connections, contextlib.suppress(OSError):
        connection = open_connections.enter_context(socket.create_connection(address, 5, (trial.client, 0)))
        connection.sendall(request_bytes("POST", "/hold", headers))
        # "100 Continue" comes when nginx begins to read the body, and by then it has counted the request.
        connection.recv(4096)
        yield
        return
    yield  # nobody listens: the measured request will show that


class Limits:
    """One random configuration after another; every request comes from a client of its own."""

    def __init__(self, rng: random.Random, prefix: Path, port: int) -> None:
        self.rng = rng
        self.prefix = prefix
        self.port = port
        self.clients = 0
        self.burst = ""

    def http(self) -> str:
        """The contents of `http {}`."""
        rng, some = self.rng, self._some
        # The same for all: a zone that refuses keeps a request from being counted in one with a greater burst.
        self.burst = rng.choice(("", "", " burst=1 nodelay"))
        zones = "".join(
            f"limit_req_zone {rng.choice(REQUEST_KEYS)} zone=r{number}:64k rate=1r/m;\n"
            f"limit_conn_zone {rng.choice(KEYS)} zone=c{number}:64k;\n"
            for number in range(3)
        )
        inside = {
            "/": "", "/a/": rng.choice(("deny all;", "")), "= /a/f": "", "= /b/f": "", "= /refuses": "return 403;",
            "= /goes": "rewrite ^ /a/f last;", "= /asks": f"auth_request {rng.choice(('/ok', '/f', '/limited'))};",
            "= /limited": "", "@named": "return 200 named;",
        }  # fmt: skip
        locations = "\n".join(f"location {name} {{ {some(0.6)} {body} }}" for name, body in inside.items())
        return f"""
    root {self.prefix}/www;
    {zones}
    limit_req_zone "" zone=nobody:64k rate=1r/m;
    {some(0.3)}
    server {{
        listen 127.0.0.1:{self.port};
        {some(0.4)}
        {locations}
        location = /page {{ return 200 page; }}
        location = /ok {{ return 204; }}
        location = /hold {{
            limit_req zone=nobody;
            limit_conn c0 99; limit_conn c1 99; limit_conn c2 99;
            error_page 500 501 /page;
            proxy_pass http://127.0.0.1:{self.port};
        }}
    }}"""

    def trial(self) -> Trial:
        """One request; most clients are over their limits."""
        rng = self.rng
        self.clients += 1
        rest, low = divmod(self.clients, 254)
        client = f"127.{rest // 256 % 250 + 1}.{rest % 256}.{low + 1}"
        headers = [("X-Client", f"c{self.clients}")]
        if rng.random() < 0.6:
            headers.append(("X-Maybe", f"m{self.clients}" + "x" * rng.choice((0, 0, 300))))
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST"))
        before = 3 if rng.random() < 0.7 else 0
        return LimitedTrial(self.port, rng.choice(PATHS), method, "localhost", tuple(headers), client, before=before)

    def _some(self, chance: float) -> str:
        rng = self.rng
        parts = []
        for kind in ("req", "conn"):
            if rng.random() < chance * 0.7:
                numbers = rng.sample(range(3), rng.choice((1, 1, 2, 3)))
                parts += [self._limit(kind, number) for number in numbers]
            if rng.random() < chance * 0.7:
                parts.append(f"limit_{kind}_status {rng.choice(STATUSES)};")
            if rng.random() < chance * 0.25:
                parts.append(f"limit_{kind}_dry_run {rng.choice(('on', 'on', 'off'))};")
            if rng.random() < chance * 0.2:
                parts.append(f"limit_{kind}_log_level {rng.choice(('info', 'warn', 'error'))};")
        if rng.random() < chance * 0.5:
            codes = " ".join(rng.sample(("403", "429", "503", "400"), rng.choice((1, 2))))
            parts.append(
                f"error_page {codes} {rng.choice(('', '=', '=403', '=200'))} {rng.choice(('/page', '/f', '@named'))};"
            )
        rng.shuffle(parts)
        return " ".join(parts)

    def _limit(self, kind: str, number: int) -> str:
        if kind == "conn":
            return f"limit_conn c{number} 1;"
        return f"limit_req zone=r{number}{self.burst};"


def test_who_is_over_a_limit(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    (server_dir / "www/a").mkdir(parents=True)
    for name in ("f", "a/f"):
        (server_dir / "www" / name).write_text(name)
    generator = Limits(rng, server_dir, free_port())
    influence = Influence(rng, WANTED)
    where = Where(rng, 1)
    rounds = 4 if at_fuzz_scale() else 1
    measured = Measured(server_dir, generator, influence, where, rounds)
    measured.run(cases(1_000), _REQUESTS)
