"""Whole random configurations that mix everything that the evaluator knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.whole_generator import Whole
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_whole_configurations(server_dir: Path, rng: Random) -> None:
    generator = Whole(rng, server_dir)
    with Duel(server_dir, extra=("authn_anon", "authz_owner", "remoteip", "allowmethods")) as duel:
        duel.hold(cases(1500), generator.body, lambda: generator.asks(30))
