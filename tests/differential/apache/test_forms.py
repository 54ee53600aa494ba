"""Logins by a form: sessions in cookies, pages to log in and out, providers and passphrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.form_generator import MODULES, Forms
from differential.apache.login_generator import make_files
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_forms(server_dir: Path, rng: Random) -> None:
    root, folder = make_files(server_dir)
    generator = Forms(rng, root, folder)
    with Duel(server_dir, extra=MODULES) as duel:
        duel.hold(cases(600), generator.body, lambda: generator.asks(30))
