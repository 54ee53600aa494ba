"""Judged out of listed trees, as a live audit does it: what is predicted is what the real servers answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.content_generator import Content
from differential.apache.duel import Duel
from differential.apache.htaccess_generator import Trees
from differential.apache.test_content import MORE
from differential.nginx.file_duel import FileDuel
from differential.nginx.file_generator import Weights
from differential.nginx.file_trial import duel_about, labels
from differential.nginx.influence import Influence
from servers.as_listed import as_listed
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def test_nginx_by_listed_trees(server_dir: Path, rng: Random) -> None:
    need_root()
    influence = Influence(rng, ("gzip_static", "flv", "user"), labels=labels)
    with FileDuel(server_dir, evidence=lambda: as_listed(server_dir)) as duel:
        duel_about(duel, rng, cases(600), Weights(symlinks=0, cache=0, gzip=0.3, media=0.2), influence)
        duel.check()


def test_httpd_s_files_by_listed_trees(server_dir: Path, rng: Random) -> None:
    need_root()
    trees = Trees(rng, server_dir)

    def body() -> str:
        trees.make()
        return trees.body()

    with Duel(server_dir, evidence=lambda: as_listed(server_dir)) as duel:
        duel.hold(cases(600), body, lambda: trees.asks(30))


def test_httpd_s_content_by_listed_trees(server_dir: Path, rng: Random) -> None:
    need_root()
    generator = Content(rng, server_dir)
    with Duel(server_dir, extra=("cgid", *MORE), evidence=lambda: as_listed(server_dir)) as duel:
        duel.hold(cases(600), generator.body, lambda: [generator.ask() for _ in range(40)])
