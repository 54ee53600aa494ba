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

    import pytest

WANTED = (
    "root",
    "root with variables",
    "alias prefix",
    "alias regex",
    "autoindex",
    "gzip_static",
    "mp4",
    "flv",
    "user",
)


def test_files_and_directories(
    server_dir: Path, rng: random.Random, cases: Callable[[int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    need_root()
    influence = Influence(rng, WANTED, labels=labels)
    with FileDuel(server_dir) as duel:
        duel_about(duel, rng, cases(2_000), Weights(symlinks=0, cache=0, gzip=0.2, handler=0.2), influence)
        duel.check(capsys)
    influence.check(capsys)
