"""The file system on the way to a file: permissions, links and their owners, `.htaccess` files, what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.htaccess_generator import Trees
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_files_and_access_files(server_dir: Path, rng: Random) -> None:
    need_root()
    trees = Trees(rng, server_dir)

    def body() -> str:
        trees.make()
        return trees.body()

    with Duel(server_dir) as duel:
        duel.hold(cases(1500), body, lambda: trees.asks(30))
