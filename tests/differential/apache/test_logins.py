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
        duel.hold(cases(1500), generator.body, lambda: generator.asks(30))
