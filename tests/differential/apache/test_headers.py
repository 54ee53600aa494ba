"""What modules make of headers before access is checked: variables, the client's address, other headers, methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.header_generator import Headers
from differential.apache.section_generator import make_tree
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_headers(server_dir: Path, rng: Random) -> None:
    root = server_dir / "html"
    make_tree(root)
    generator = Headers(rng, root)
    with Duel(server_dir, extra=("remoteip", "allowmethods")) as duel:
        duel.hold(cases(1500), generator.body, lambda: [generator.ask() for _ in range(40)])
