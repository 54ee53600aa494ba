"""Digest logins: clients that answer a challenge with real hashes, with broken ones, and for other URIs and realms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.digest_generator import Digests, make_digest_files
from differential.apache.duel import Duel
from differential.apache.login_generator import make_files
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_digest(server_dir: Path, rng: Random) -> None:
    root, folder = make_files(server_dir)
    make_digest_files(folder)
    generator = Digests(rng, root, folder)
    with Duel(server_dir, extra=("auth_digest", "authn_anon", "authz_owner")) as duel:
        duel.hold(cases(600), generator.body, lambda: generator.asks(30))
