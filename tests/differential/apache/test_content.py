"""Who answers: handlers by extension and by section, scripts and whether they may be run, homes, roots by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from differential.apache.content_generator import Content
from differential.apache.duel import Duel
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

MORE = ("userdir", "vhost_alias", "asis", "status", "info")


@pytest.mark.parametrize("scripts", ["cgid", "cgi"])
def test_handlers_and_places(server_dir: Path, rng: Random, scripts: str) -> None:
    need_root()
    generator = Content(rng, server_dir)
    with Duel(server_dir, extra=(scripts, *MORE)) as duel:
        duel.hold(cases(1500), generator.body, lambda: [generator.ask() for _ in range(40)])
