"""disable_symlinks in all its forms, with links of every kind in the tree."""

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


WANTED = ("disable_symlinks", "disable_symlinks on", "disable_symlinks if_not_owner", "disable_symlinks from")


def test_disable_symlinks(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    influence = Influence(rng, WANTED, labels=labels)
    with FileDuel(server_dir) as duel:
        duel_about(duel, rng, cases(1_500), Weights(symlinks=0.9, tries=0.15, cache=0), influence)
        duel.check()
    influence.check()
