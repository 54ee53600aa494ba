"""Sections of every kind, merged and nested, with Require and with Order, on servers with and without names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.section_generator import Sections, make_tree
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_sections(server_dir: Path, rng: Random) -> None:
    root = server_dir / "html"
    make_tree(root)
    generator = Sections(rng, root)
    with Duel(server_dir) as duel:
        duel.hold(cases(1500), generator.body, lambda: generator.asks(30))
