"""The client's address as nginx reads it out of headers and compares it: random texts, most of them near misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.nginx.model.address import parse_network
from differential.nginx.influence import Influence
from differential.nginx.trial import LoggedDuel, Trial
from servers.nginx import main_config
from servers.ports import free_ports

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path


_REQUESTS = 120
_IPV4 = ("0", "1", "10", "127", "203", "255", "256", "00", "01", "", "1", "2")
_GROUPS = (
    "", "", "0", "1", "ffff", "FFFF", "2001", "db8", "00001", "g", "7", "102", "10.0.0.1", "1.2.3", "255.255.255.255",
    ".1.2.3",
)  # fmt: skip

_WIDE = ("0.0.0.0/1", "10.0.0.0/8", "128.0.0.0/1", "::/1", "0.0.0.0/0", "127.0.0.0/8", "::ffff:0:0/96")
"""Networks that addresses of a header are likely to lie in: only then do proxies behind proxies count."""
_PLAIN = ("10.0.0.1", "10.1.1.1", "203.0.113.9", "127.0.0.2", "::1", "2001:db8::1", "::ffff:10.0.0.1")
"""Addresses without a fault: near misses alone leave a list of several proxies at its last one."""


def address(rng: random.Random) -> str:
    """Something like an address."""
    if rng.random() < 0.45:
        return ".".join(rng.choice(_IPV4) for _ in range(rng.choice((4, 4, 4, 4, 4, 3, 5))))
    groups = [rng.choice(_GROUPS[:12]) for _ in range(rng.choice((2, 3, 4, 8, 8, 7, 9)))]
    if rng.random() < 0.4:
        groups[-1] = rng.choice(_GROUPS)
    return rng.choice(("", "", "", ":", "::", "::ffff:")) + ":".join(groups) + rng.choice(("", "", "", ":", "::"))


def forwarded(rng: random.Random) -> str:
    """The value of a header that names addresses."""
    plain = rng.random() < 0.5
    found = [rng.choice(_PLAIN) if plain else address(rng) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    found = [
        rng.choice((one, one, one, f"{one}:80", f"[{one}]:80", f"[{one}]", f"{one}:0", f"{one}:x", f"[{one}"))
        for one in found
    ]
    return (
        rng.choice(("", "", "", " ", ","))
        + rng.choice((", ", ",", " ", " , ", ",,")).join(found)
        + rng.choice(("", "", ",", " "))
    )


def network(rng: random.Random) -> str:
    """A network that both take."""
    while True:
        text = address(rng) + rng.choice(
            ("", "", "/0", "/1", "/8", "/24", "/32", "/33", "/64", "/127", "/128", "/129", "/", "/x")
        )
        if parse_network(text) is not None:
            return text


def test_addresses_out_of_headers(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    port, both = free_ports(2)
    influence = Influence(rng, ("set_real_ip_from", "real_ip_recursive", "allow", "deny", "real_ip_header"))
    with LoggedDuel(server_dir) as duel:
        while influence.goes_on(duel.asked, cases(1_500)):
            rules = "\n".join(
                f"{rng.choice(('allow', 'deny'))} {rng.choice((network(rng), network(rng), *_PLAIN))};"
                for _ in range(rng.randrange(2, 9))
            )
            trusted = "\n".join(
                f"set_real_ip_from {rng.choice((network(rng), *rng.sample(_WIDE, 2)))};"
                for _ in range(rng.randrange(5))
            )
            header = rng.choice(("X-Real-IP", "X-Forwarded-For", "X-Forwarded-For", "X-Client"))
            conf = main_config(
                server_dir,
                f"""server {{
    listen 127.0.0.1:{port}; listen [::]:{both} ipv6only=off;
    set_real_ip_from 127.0.0.0/8; {trusted}
    real_ip_header {header}; real_ip_recursive {rng.choice(("on", "on", "on", "off"))};
    {rules} {rng.choice(("", "deny all;"))}
    error_page 404 =200 @told;
    location @told {{ allow all; return 200 "$remote_addr $realip_remote_addr"; }}
}}""",
            )
            assert duel.start(conf), duel.reason
            trials = [
                Trial(
                    rng.choice((port, port, both)), "/none",
                    headers=tuple((header, forwarded(rng)) for _ in range(rng.choice((1, 1, 2)))), to="127.0.0.1",
                )
                for _ in range(_REQUESTS)
            ]  # fmt: skip
            statuses = duel.run(conf, trials)
            influence.measure(duel.server, conf, statuses, trials)
        duel.check()
    influence.check()
