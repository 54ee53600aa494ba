"""What sends requests elsewhere at the last moment: Action and Script, CheckSpelling, MetaFiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.mapper_generator import Mappers
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_actions_spelling_and_meta_files(server_dir: Path, rng: Random) -> None:
    need_root()
    generator = Mappers(rng, server_dir)
    modules = ("cgid", "userdir", "vhost_alias", "asis", "status", "actions", "speling", "cern_meta", "imagemap")
    # What follows a script's name makes httpd ask about that as a path of its own, too late for any answer.
    with Duel(server_dir, extra=modules, results=False) as duel:
        duel.hold(cases(400), generator.body, lambda: [generator.ask() for _ in range(40)])
