"""Which variant of a page is served: MultiViews and type maps against the real httpd."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.negotiation_generator import Negotiations
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_variants_and_maps(server_dir: Path, rng: Random) -> None:
    need_root()
    generator = Negotiations(rng, server_dir)
    # In which order a directory lists its variants, and httpd asks for each, no configuration says.
    with Duel(server_dir, extra=("cgid",), results=False) as duel:
        duel.hold(cases(1500), generator.body, lambda: [generator.ask() for _ in range(40)])
