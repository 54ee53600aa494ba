"""try_files with every kind of last argument, index in all its forms, and what the two make of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.file_duel import FileDuel
from differential.nginx.file_generator import Weights
from differential.nginx.file_trial import duel_about, labels
from differential.nginx.influence import Influence
from servers.need import need_root

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path


WANTED = (
    "try_files", "try_files =code", "try_files @named", "try_files uri", "index", "index with variables",
    "index elsewhere",
    "error_page", "rewrite",
)  # fmt: skip


def test_try_files_and_index(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    influence = Influence(rng, WANTED, labels=labels)
    with FileDuel(server_dir) as duel:
        weights = Weights(tries=0.5, indexes=0.6, listing=0.15, symlinks=0, cache=0, rewrite=0.1)
        duel_about(duel, rng, cases(2_000), weights, influence)
        duel.check()
    influence.check()
