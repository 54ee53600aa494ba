"""What goes on to another server: ProxyPass and its exceptions, `<Proxy>` sections, ProxyBlock, the forward proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.proxy_generator import Proxies
from differential.apache.section_generator import make_tree
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

MORE = ("proxy", "proxy_http", "proxy_fcgi", "proxy_connect")


def test_proxies(server_dir: Path, rng: Random) -> None:
    root = server_dir / "html"
    make_tree(root)
    generator = Proxies(rng, root)
    with Duel(server_dir, extra=MORE) as duel:
        duel.hold(cases(1500), generator.body, lambda: [generator.ask() for _ in range(40)])
