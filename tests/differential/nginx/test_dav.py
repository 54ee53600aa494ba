"""PUT, DELETE, MKCOL, COPY and MOVE for real: each request is evaluated first, on the tree as it is then."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision
from audit403.core.edit import ModeEdit
from audit403.core.place import PathPlace
from audit403.evidence.interface import LINK, Entry
from audit403.nginx.decide.dav import ENDLESS_WALK, INTO_ITSELF
from audit403.nginx.decide.evaluator import Evaluator
from differential.nginx.dav_generator import WORKERS, DavSite, build_dav_tree, random_dav_ask
from differential.nginx.file_duel import FileAsk, FileDuel, difference
from differential.nginx.worker import evidence_for
from servers.need import need_root
from servers.nginx import main_config
from servers.ports import free_port

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest

    from differential.nginx.tree_generator import Tree

_SITES, _REQUESTS = 3, 40


class DavDuel(FileDuel):
    """Sees the tree anew before each request, because the last one changed it."""

    def run(self, conf: str, asks: Sequence[FileAsk], tree: Tree) -> list[int]:
        model = self.evaluator().model
        statuses: list[int] = []
        for ask in asks:
            evaluator = Evaluator(model, evidence_for(self.grouped))
            decision = evaluator.decide(ask.request())
            if _must_not_be_sent(decision):
                continue
            response, log = self._ask(ask)
            statuses.append(response.status)
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


def test_webdav_methods(
    server_dir: Path, rng: random.Random, cases: Callable[[int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    need_root()
    with DavDuel(server_dir) as duel:
        dav_duel(duel, rng, cases(1_500))
        duel.check(capsys)


def dav_duel(duel: DavDuel, rng: random.Random, most: int) -> None:
    """Random trees and sites until so many requests were asked."""
    port = free_port()
    number = 0
    while duel.asked < most:
        number += 1
        root = f"{duel.prefix}/t{number}"
        tree = build_dav_tree(rng, root)
        sites = [DavSite(rng, tree, index, port) for index in range(_SITES)]
        blocks = "\n".join(site.text() for site in sites)
        asks = [random_dav_ask(rng, rng.choice(sites)) for _ in range(_SITES * _REQUESTS)]
        if duel.start(main_config(duel.prefix, blocks, user=rng.choice(WORKERS))):
            duel.run(blocks, asks, tree)
        shutil.rmtree(root)
