"""WebDAV for real: each request is evaluated first, on the tree as it is then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.apache.decide.evaluator import Evaluator
from audit403.evidence.local import LocalEvidence
from differential.apache.dav_generator import DavSites
from differential.apache.duel import Duel, Judge, Real
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from random import Random

    from audit403.core.decision import Decision
    from differential.nginx.duel import Ask

_FOR_GOOD = ("FIFO", "the end of a ")


class DavDuel(Duel):
    """Sees the tree anew before each request, because the last one changed it."""

    def kind(self, decision: Decision, real: Real) -> str | None:
        """As for all; and the words with which a refusal is logged must be in the log, with what failed."""
        found = super().kind(decision, real)
        if found not in (None, "trace") or real.status != 403:
            return found
        return None if decision.log is None or any(_has(line, decision.log) for line in real.log) else "trace"

    def dispute(self, sites: DavSites, body: str, asks: Sequence[Ask]) -> None:
        """Ask everything of both, one after the other."""
        model = Judge(self.server.conf, LocalEvidence()).evaluator.model
        for ask in asks:
            decision = Evaluator(model, LocalEvidence()).decide(ask.request())
            if any(words in missing.name for missing in decision.missing for words in _FOR_GOOD):
                continue
            real = self.ask(ask)
            self.asked += 1
            self.refused += real.status == 403
            kind = self.counted(self.kind(decision, real))
            if kind and len(self.differences[kind]) < 3:
                self.differences[kind].append(_told(body, ask, decision, real.status, real.log))
            if ask.method == "LOCK":
                sites.forget_locks()


def _has(line: str, log: str) -> bool:
    """Whether a line of the log says this; httpd puts the client between the error and the words."""
    error, parted, words = log.partition(": ") if log.startswith("(") else ("", "", log)
    return error + parted in line and words.partition("/")[0] in line


def _told(body: str, ask: Ask, decision: Decision, status: int, log: list[str]) -> str:
    steps = "\n".join(f"    {step.phase}: {step.text}" for step in decision.trace)
    lines = "\n".join(f"    {line}" for line in log)
    found = f"{decision.status} {decision.cause} {decision.missing} {decision.where} {decision.log}"
    return f"{body}\n{ask}\nhttpd:    {status}\n{lines}\naudit403: {found}\n{steps}"


def test_webdav_methods(server_dir: Path, rng: Random) -> None:
    need_root()
    sites = DavSites(rng, server_dir)
    with DavDuel(server_dir, extra=("dav", "dav_fs", "dav_lock", "allowmethods"), results=False) as duel:
        while duel.asked < cases(1000):
            sites.make()
            body = sites.body()
            if duel.start(body):
                duel.dispute(sites, body, sites.asks(60))
        duel.check()
