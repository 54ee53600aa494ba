"""Whole random configurations that mix everything, against the real nginx."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from differential.nginx.file_trial import measure_everywhere
from differential.nginx.influence import Influence
from differential.nginx.password_files import write_password_files
from differential.nginx.tree_generator import Tree, build_tree
from differential.nginx.trial import LoggedDuel
from differential.nginx.whole_generator import WANTED, Ports, Whole
from servers.need import need_root
from servers.nginx import main_config
from servers.ports import free_ports

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from audit403.nginx.read.tree import Directive

_REQUESTS = 60
_CONFIGURATIONS_PER_TREE = 4


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    # What stands at the top defines variables that are used elsewhere.
    if parent is None or parent.name not in ("http", "server") or directive.name not in ("map", "geo", "set"):
        yield directive.name
    if parent is not None and parent.name in ("map", "geo"):
        yield parent.name
    if directive.name == "listen" and "default_server" in directive.args:
        yield "default_server"


def test_whole_configurations(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    influence = Influence(rng, WANTED, labels=labels)
    # What a `return` sends along is compared where only one exchange makes it (test_variables_and_rewrite).
    with LoggedDuel(server_dir, texts=False) as duel:
        whole_duel(duel, rng, cases(2_500), influence)
        duel.check()
    influence.check()


def whole_duel(duel: LoggedDuel, rng: random.Random, most: int, influence: Influence) -> None:
    """Random trees and configurations until so many requests were asked."""
    write_password_files(duel.prefix / "passwords")
    ports = Ports(*free_ports(2))
    number = 0
    while influence.goes_on(duel.asked, most):
        if number % _CONFIGURATIONS_PER_TREE == 0:
            shutil.rmtree(duel.prefix / "www", ignore_errors=True)
            tree = contained(build_tree(rng, f"{duel.prefix}/www", odd=rng.choice((0.05, 0.15, 0.3)), links=6))
        number += 1
        whole = Whole(rng, duel.prefix, tree, ports)
        conf = main_config(duel.prefix, whole.http())
        trials = [whole.trial() for _ in range(_REQUESTS)]
        if not duel.start(conf):
            continue
        duel.run(conf, trials)
        measure_everywhere(duel.server, rng, influence, conf, labels, trials, lambda ask: ask.send(duel.server).status)


def contained(tree: Tree) -> Tree:
    """The tree without links that lead out of it: the rest of this machine changes while tests run."""
    for link in list(tree.links):
        if not os.path.realpath(link).startswith(f"{tree.root}/"):
            os.unlink(link)
            tree.links.remove(link)
    return tree
