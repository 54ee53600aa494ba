"""Where a URL leads and who may follow: homes, roots by name, variants, links, access files, permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.places_generator import Places
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_homes_roots_and_variants(server_dir: Path, rng: Random) -> None:
    need_root()
    generator = Places(rng, server_dir)
    with Duel(server_dir, extra=("cgid", "userdir", "vhost_alias"), results=False) as duel:
        duel.hold(cases(1500), generator.body, lambda: [generator.ask() for _ in range(40)])
