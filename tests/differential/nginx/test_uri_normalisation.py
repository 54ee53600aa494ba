"""What nginx makes of a request target: `$uri`, `$args`, `$request_uri`, the host of an absolute form, or 400."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.duel import Ask, Duel
from differential.nginx.influence import Influence
from differential.nginx.routing_generator import odd_target, words
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path


_REQUESTS = 150
_HOSTS = (
    *words("a.test A.TEST b.test. a.test:80 a.test:x a..test . a/b [::1] [::1]:9 [::1 é :80 .. a.test:80:90"),
    *words(".a.test a.test.. \x7f a_b *"),
    *("", " ", "a b", "a\tb", None),
)


def test_the_uri_of_a_target(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port = free_port()
    influence = Influence(rng, ("merge_slashes", "deny"))
    with Duel(server_dir) as duel:
        while influence.goes_on(duel.asked, cases(3_000)):
            conf = _conf(rng, server_dir, port)
            assert duel.start(conf), duel.reason
            asks = [_ask(rng, port) for _ in range(_REQUESTS)]
            statuses = duel.run(conf, asks)
            influence.measure(duel.server, conf, statuses, asks)
        duel.check()
    influence.check()


def _conf(rng: random.Random, prefix: Path, port: int) -> str:
    echo = 'return 200 "$uri|$document_uri|$args|$query_string|$is_args|$request_uri|$host|$http_host|$request";'
    servers = [
        f"""server {{
    listen 127.0.0.1:{port}{" default_server" if name == default else ""};
    server_name {name};
    {rng.choice(("", "", "merge_slashes on;", "merge_slashes off;", "merge_slashes off;"))}
    {rng.choice(("", "error_page 400 =403 /e;", "error_page 400 /e400;"))}
    location / {{ {echo} }}
    location /a {{ deny all; }}
    location //a {{ return 403 "slashes"; }}
    location /ab/ {{ return 403; }}
    location ~ /b$ {{ return 403; }}
    location = /e400 {{ internal; return 403; }}
    location ~ // {{ return 404; }}
}}"""
        for default in [rng.choice(("a.test", "b.test"))]
        for name in ("a.test", "b.test")
    ]
    return main_config(prefix, "\n".join([rng.choice(("", "", "merge_slashes off;")), *servers]))


def _ask(rng: random.Random, port: int) -> Ask:
    host = rng.choice(_HOSTS) if rng.random() < 0.2 else rng.choice(("a.test", "b.test", "c.test"))
    method = rng.choice(("GET",) * 12 + ("HEAD", "POST", "get", "G3T", "TRACE", "CONNECT", "M-_X", "OPTIONS", "-"))
    return Ask(port, odd_target(rng), method, host)
