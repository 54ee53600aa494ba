"""PUT, DELETE, MKCOL, COPY and MOVE for real: each request is evaluated first, on the tree as it is then."""

from __future__ import annotations

import os
import subprocess
from operator import ne
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision
from audit403.core.edit import ModeEdit
from audit403.core.place import PathPlace
from audit403.core.source import every_directive
from audit403.evidence.interface import LINK, Entry
from audit403.nginx.decide.dav import ENDLESS_WALK, INTO_ITSELF
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.read.parse import parse
from differential.nginx.dav_generator import WORKERS, DavSite, build_dav_tree, random_dav_ask
from differential.nginx.file_duel import FileAsk, FileDuel, difference
from differential.nginx.influence import Influence
from differential.nginx.worker import evidence_for
from servers.need import need_root
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from differential.nginx.tree_generator import Tree

WANTED = ("dav_methods", "create_full_put_path", "min_delete_depth", "dav_access")

_SITES, _REQUESTS = 3, 40


class DavDuel(FileDuel):
    """Sees the tree anew before each request, because the last one changed it."""

    def run(self, conf: str, asks: Sequence[FileAsk], tree: Tree) -> list[int]:
        self.sent: list[FileAsk] = []
        model = self.evaluator().model
        statuses: list[int] = []
        for ask in asks:
            evaluator = Evaluator(model, evidence_for(self.grouped))
            decision = evaluator.decide(ask.request())
            if _must_not_be_sent(decision):
                continue
            response, log = self._ask(ask)
            statuses.append(response.status)
            self.sent.append(ask)
            self._count(decision, response)
            kind = difference(decision, response.status, log)
            if kind is None:
                kind = self._open_for_writing(evaluator, ask, decision)
            if kind is not None:
                self.wrong[kind] += 1
                steps = "\n".join(f"    {step.phase}: {step.text}" for step in decision.trace)
                self.shown.append(
                    f"--- {kind} {ask}\n{conf}\nnginx {response.status} {log}\n"
                    f"audit403: {decision.status} {decision.missing} at {decision.where} log {decision.log!r}\n{steps}"
                )
        return statuses

    def _open_for_writing(self, evaluator: Evaluator, ask: FileAsk, decision: Decision) -> str | None:
        """Give everybody everything on the blamed directory: the answer must then be another, and the same in both."""
        where = decision.where
        if decision.verdict != REFUSED or not isinstance(where, PathPlace) or not self.is_ours(where.path):
            return None
        entry = evaluator.evidence.entry(where.path)
        if not isinstance(entry, Entry) or entry.kind == LINK or entry.group_bits is not None or entry.mode & 0o1000:
            return None
        if "(1: " in (decision.log or ""):
            return None  # a sticky directory: it is the owner that counts
        edit = ModeEdit(where.path, 0o777)
        # What was refused may have been half done.
        now = evidence_for(self.grouped).with_changes([edit])
        after = Evaluator(evaluator.model, now).decide(ask.request())
        if _must_not_be_sent(after):
            return None
        os.chmod(where.path, 0o777)
        response, log = self._ask(ask)
        self.places += 1
        if os.path.lexists(where.path):
            os.chmod(where.path, entry.mode)
        moved = after.verdict != REFUSED or (after.where, after.log) != (where, decision.log)
        return "place" if difference(after, response.status, log) is not None or not moved else None

    def is_ours(self, path: str) -> bool:
        return path.startswith(f"{self.prefix}/")


def _must_not_be_sent(decision: Decision) -> bool:
    """Some requests keep a worker busy for good: FIFOs, links that go round, directories copied into themselves."""
    words = [*(missing.name for missing in decision.missing), *(step.text for step in decision.trace)]
    return any(never in text for text in words for never in ("FIFO", INTO_ITSELF, ENDLESS_WALK))


def test_webdav_methods(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    influence = Influence(rng, WANTED)
    with DavDuel(server_dir) as duel:
        dav_duel(duel, rng, cases(1_500), influence)
        duel.check()
    influence.check()


def dav_duel(duel: DavDuel, rng: random.Random, most: int, influence: Influence) -> None:
    """Random trees and sites until so many requests were asked."""
    port = free_port()
    number = 0
    while influence.goes_on(duel.asked, most):
        number += 1
        root = f"{duel.prefix}/t{number}"
        tree = build_dav_tree(rng, root)
        sites = [DavSite(rng, tree, index, port) for index in range(_SITES)]
        blocks = "\n".join(site.text() for site in sites)
        asks = [random_dav_ask(rng, rng.choice(sites)) for _ in range(_SITES * _REQUESTS)]
        conf = main_config(duel.prefix, blocks, user=rng.choice(WORKERS))
        if duel.start(conf):
            _copy(root, root + ".copy")
            duel.run(blocks, asks, tree)
            _measure(duel, influence, conf, root)
            _remove(root + ".copy")
        _remove(root)


def _measure(duel: DavDuel, influence: Influence, conf: str, root: str) -> None:
    """The requests that were sent, again from the beginning: each time on the tree as it was at first."""
    if not influence.asked_for():
        return
    data = conf.encode("utf-8", "surrogateescape")
    found = every_directive(parse("nginx.conf", data).directives)
    usual, duel.server.client.timeout = duel.server.client.timeout, 1.0
    duel.server.client.close()  # what is open has the usual patience
    answers = _replay(duel, root)
    for name in sorted(influence.asked_for(), key=lambda name: influence.counts[name])[:2]:
        reduced = data
        for directive in sorted(found, key=lambda directive: -directive.start):
            if directive.name == name:
                reduced = reduced[: directive.start] + reduced[directive.end :]
        duel.server.restart(reduced.decode("utf-8", "surrogateescape"))
        influence.counts[name] += sum(map(ne, _replay(duel, root), answers))
    duel.server.client.timeout = usual


def _replay(duel: DavDuel, root: str) -> list[int]:
    _remove(root)
    _copy(root + ".copy", root)
    statuses = []
    for ask in duel.sent:
        try:
            statuses.append(ask.send(duel.server).status)
        except TimeoutError:  # a worker that waits at a FIFO
            duel.server.restart()
            statuses.append(0)
    return statuses


def _remove(root: str) -> None:
    """Also a tree that became deeper than Python can go."""
    subprocess.run(["rm", "-rf", root], check=True)


def _copy(source: str, target: str) -> None:
    """With owners, modes, ACLs and special files."""
    subprocess.run(["cp", "-a", source, target], check=True)
