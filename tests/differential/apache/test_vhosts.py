"""Virtual hosts by address, port, name and path; limits on requests; TRACE, encoded slashes, conditional requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.vhost_generator import Vhosts, make_files
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_vhosts(server_dir: Path, rng: Random) -> None:
    root = server_dir / "html"
    make_files(root)
    generator = Vhosts(rng, root)
    with Duel(server_dir) as duel:
        duel.hold(cases(1500), generator.body, lambda: generator.asks(30))
