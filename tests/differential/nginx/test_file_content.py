"""What nginx sends for files and directories: roots, aliases, listings, methods, conditions, handlers, any user."""

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


WANTED = ("root", "root with variables", "alias prefix", "alias regex", "autoindex", "user")


def test_files_and_directories(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    influence = Influence(rng, WANTED, labels=labels)
    with FileDuel(server_dir) as duel:
        duel_about(duel, rng, cases(2_000), Weights(symlinks=0, cache=0), influence)
        duel.check()
    influence.check()


def test_media_and_compressed_files(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    influence = Influence(rng, ("gzip_static", "mp4", "flv"), labels=labels)
    names = ("v.mp4", "v.flv", "a.txt", "b.html", "index.html")
    weights = Weights(symlinks=0, cache=0, tries=0.05, gzip=0.9, media=0.6, names=names, odd=(0.05,))
    with FileDuel(server_dir) as duel:
        duel_about(duel, rng, cases(1_000), weights, influence)
        duel.check()
    influence.check()


def test_a_directory_gives_any_of_its_files(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    """random_index: where it throws dice about the verdict nothing is compared."""
    need_root()
    influence = Influence(rng, ("random_index",), labels=labels)
    weights = Weights(symlinks=0, cache=0, tries=0.05, listing=0.1, random_index=0.7, odd=(0.02,), odd_files=0.1)
    with FileDuel(server_dir) as duel:
        duel_about(duel, rng, cases(500), weights, influence)
        duel.check()
    influence.check()
