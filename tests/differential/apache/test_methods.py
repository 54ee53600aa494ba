"""What each method is answered, with bodies and heads that httpd may not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.duel import Duel
from differential.apache.method_generator import Methods
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_methods_and_heads(server_dir: Path, rng: Random) -> None:
    methods = Methods(rng, server_dir)
    (server_dir / "locks").mkdir()

    def body() -> str:
        methods.make_tree()
        return methods.body()

    with Duel(server_dir, extra=("dav", "dav_fs", "allowmethods", "cgid", "asis", "status"), results=False) as duel:
        duel.hold(cases(1200), body, lambda: methods.asks(40))
