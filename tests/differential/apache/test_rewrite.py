"""mod_rewrite and mod_alias: rules in servers, virtual hosts, sections and `.htaccess` files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.rewrite_generator import DIRECTORIES, Rewrites, access_files
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


class RewriteDuel(Duel):
    """A duel whose bodies have `.htaccess` files in their comments."""

    def whole(self, body: str) -> str:
        files = access_files(body)
        for directory in DIRECTORIES:
            path = self.prefix / "html" / directory / ".htaccess"
            if directory in files:
                path.write_text(files[directory])
                path.chmod(0o644)
            else:
                path.unlink(missing_ok=True)
        return super().whole(body)


def test_rewrite(server_dir: Path, rng: Random) -> None:
    generator = Rewrites(rng, server_dir)
    with RewriteDuel(server_dir) as duel:
        duel.hold(cases(1500), generator.body, lambda: generator.asks(30))
