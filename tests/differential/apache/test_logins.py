"""Passwords and groups in files, Satisfy, providers under other names, anonymous guests, owners of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.login_generator import Logins, make_files
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_logins(server_dir: Path, rng: Random) -> None:
    root, folder = make_files(server_dir)
    generator = Logins(rng, root, folder)
    with Duel(server_dir, extra=("authn_anon", "authz_owner")) as duel:
        while duel.asked < cases(1500):
            body = generator.body()
            if duel.start(body):
                duel.run(body, generator.asks(30))
        duel.check()
