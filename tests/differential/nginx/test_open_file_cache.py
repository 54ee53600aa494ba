"""open_file_cache, as the first request finds it: nginx then opens what it would only look at."""

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


def test_a_cold_cache(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    influence = Influence(rng, ("open_file_cache",), labels=labels)
    with FileDuel(server_dir) as duel:
        duel_about(
            duel,
            rng,
            cases(1_500),
            Weights(cache=0.9, tries=0.9, symlinks=0.1, media=0, odd=(0.05, 0.2), odd_files=0.6),
            influence,
        )
        duel.check()
    influence.check()
