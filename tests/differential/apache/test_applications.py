"""Programs inside httpd: when PHP, mod_wsgi and mod_fcgid answer, when they refuse, and when a file is sent instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.application_generator import Applications
from differential.apache.duel import Duel
from servers.apache import main_config
from servers.foreign_modules import load_foreign
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


class _ApplicationDuel(Duel):
    def whole(self, body: str) -> str:
        extra = ("ldap", "reflector")
        text = main_config(self.prefix, body, modules=self.modules, extra=extra, mpm="prefork")
        return text.replace(
            "ServerName localhost\n", f"ServerName localhost\n{load_foreign('php', 'wsgi', 'fcgid')}", 1
        )


def test_who_answers(server_dir: Path, rng: Random) -> None:
    need_root()
    generator = Applications(rng, server_dir)
    # What follows a script's name makes httpd ask about that as a path of its own, too late for any answer.
    with _ApplicationDuel(server_dir, results=False) as duel:
        duel.hold(cases(300), generator.body, lambda: [generator.ask() for _ in range(30)])
