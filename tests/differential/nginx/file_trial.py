"""Runs a duel about files on random trees and sites, and counts the influence of their directives."""

from __future__ import annotations

import shutil
from operator import ne
from typing import TYPE_CHECKING, TypeVar

from audit403.nginx.read.parse import parse
from differential.nginx.file_generator import Site, Weights
from differential.nginx.file_requests import random_ask
from differential.nginx.influence import FEWEST
from differential.nginx.tree_generator import build_tree
from differential.nginx.worker import USERS
from servers.nginx import NginxError, main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from audit403.nginx.read.tree import Directive
    from differential.nginx.file_duel import FileAsk, FileDuel
    from differential.nginx.influence import Influence, Labels
    from servers.http import Response
    from servers.nginx import Nginx

_SITES, _REQUESTS = 6, 15

Asked = TypeVar("Asked")


def duel_about(duel: FileDuel, rng: random.Random, most: int, weights: Weights, influence: Influence) -> None:
    """Random trees and sites until `most` requests were asked."""

    def answer(ask: FileAsk) -> object:
        return _answer(ask.send(duel.server))

    port = free_port()
    number = 0
    while influence.goes_on(duel.asked, most):
        number += 1
        root = f"{duel.prefix}/t{number}"
        tree = build_tree(rng, root, odd=rng.choice(weights.odd), odd_files=weights.odd_files, names=weights.names)
        sites = [Site(rng, tree, index, port, weights) for index in range(_SITES)]
        blocks = "\n".join(site.text() for site in sites)
        conf = main_config(duel.prefix, blocks, user=rng.choice(USERS))
        asks = [random_ask(rng, site) for site in sites for _ in range(_REQUESTS)]
        if duel.start(conf):
            duel.run(conf, asks, tree)
            duel.server.restart(conf)  # its caches are warm
            measure_everywhere(duel.server, rng, influence, conf, labels, asks, answer)
        shutil.rmtree(root)


def measure_everywhere(
    server: Nginx,
    rng: random.Random,
    influence: Influence,
    conf: str,
    labels: Labels,
    asks: Sequence[Asked],
    answer_to: Callable[[Asked], object],
    trials: int = 3,
) -> None:
    """Take a label's directives out of the whole configuration, all at once; those with the least influence come first.

    One at a time would change too little: each of these stands for a few files of one server block.
    """
    if not influence.asked_for():
        return

    def answers() -> list[object]:
        return [answer_to(ask) for ask in asks]

    usual = answers()
    data = conf.encode("utf-8", "surrogateescape")
    places: dict[str, list[tuple[int, int]]] = {}
    for directive, parent in _with_parents(parse("nginx.conf", data).directives, None):
        for label in set(labels(directive, parent)).intersection(influence.asked_for()):
            places.setdefault(label, []).append((directive.start, directive.end))
    # A directive that the others need cannot be taken out: it must not have its turn each time.
    order = sorted(sorted(places), key=lambda label: (influence.counts[label] >= FEWEST, rng.random()))
    for label in order[:trials]:
        reduced, before = data, len(data)
        for start, end in sorted(places[label], reverse=True):
            if end <= before:  # not inside one that is gone
                reduced, before = reduced[:start] + reduced[end:], start
        try:
            server.restart(reduced.decode("utf-8", "surrogateescape"))
        except NginxError:
            continue
        influence.counts[label] += sum(map(ne, answers(), usual))


def _with_parents(
    directives: Iterable[Directive], parent: Directive | None
) -> Iterator[tuple[Directive, Directive | None]]:
    for directive in directives:
        yield directive, parent
        yield from _with_parents(directive.block or (), directive)


def _answer(response: Response) -> tuple[int, str | None, int]:
    """The status, and whether another file was sent, or another part of one."""
    return response.status, response.header("content-encoding"), len(response.body)


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
