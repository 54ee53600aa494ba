"""Runs a duel about files on random trees and sites, and counts the influence of their directives."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from differential.nginx.file_generator import Site, Weights
from differential.nginx.file_requests import random_ask
from differential.nginx.tree_generator import build_tree
from differential.nginx.worker import USERS
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from audit403.nginx.read.tree import Directive
    from differential.nginx.file_duel import FileAsk, FileDuel
    from differential.nginx.influence import Influence

_SITES, _REQUESTS = 6, 15


def duel_about(
    duel: FileDuel, rng: random.Random, most: int, weights: Weights, influence: Influence | None = None
) -> None:
    """Random trees and sites until `most` requests were asked."""
    port = free_port()
    number = 0
    while duel.asked < most:
        number += 1
        root = f"{duel.prefix}/t{number}"
        tree = build_tree(rng, root)
        sites = [Site(rng, tree, index, port, weights) for index in range(_SITES)]
        blocks = "\n".join(site.text() for site in sites)
        conf = main_config(duel.prefix, blocks, user=rng.choice(USERS))
        asks = [random_ask(rng, rng.choice(sites)) for _ in range(_SITES * _REQUESTS)]
        if duel.start(conf):
            statuses = duel.run(conf, asks, tree)
            if influence is not None:
                _measure(duel, influence, conf, statuses, asks)
        shutil.rmtree(root)


def _measure(duel: FileDuel, influence: Influence, conf: str, statuses: Sequence[int], asks: Sequence[FileAsk]) -> None:
    influence.measure(duel.server, conf, statuses, lambda index: asks[index].send(duel.server).status)


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    """The directive's name, and for locations with an alias which kind it is."""
    yield directive.name
    if directive.name == "disable_symlinks":
        yield "disable_symlinks from" if any(word.startswith("from=") for word in directive.args) else ""
        yield "disable_symlinks if_not_owner" if "if_not_owner" in directive.args else "disable_symlinks on"
    if directive.name == "alias" and parent is not None:
        yield "alias regex" if parent.args[0] == "~" else "alias prefix"
    if directive.name == "try_files":
        last = directive.args[-1]
        yield (
            "try_files =code"
            if last.startswith("=")
            else "try_files @named"
            if last.startswith("@")
            else "try_files uri"
        )
    if directive.name == "index" and any("$" in word for word in directive.args):
        yield "index with variables"
    if directive.name == "index" and directive.args[0].startswith("/"):
        yield "index elsewhere"
    if directive.name == "root" and any("$" in word for word in directive.args):
        yield "root with variables"
