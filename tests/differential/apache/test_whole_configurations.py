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
        while duel.asked < cases(1500):
            body = generator.body()
            if duel.start(body):
                duel.run(body, generator.asks(30))
        duel.check()
