"""Is the directive that a decision names the one that decides? It is turned into its opposite, and the real answer must
change; where it does not, the evaluator must see another reason now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED
from audit403.core.place import Span
from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import every_directive
from differential.nginx.duel import Duel, Judge
from servers.nginx import NginxError

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    import pytest

    from audit403.nginx.read.tree import Directive
    from differential.nginx.trial import Trial

ENOUGH = 0.75
"""The least share of refusals that end, or change their reason, with the directive that they were laid to."""


class Where:
    """The counts of one test."""

    def __init__(self, rng: random.Random, most: int = 2) -> None:
        self.tested = self.changed = self.moved = 0
        self.stuck: list[str] = []
        self._rng = rng
        self._most = most

    def measure(self, duel: Duel, conf: str, trials: Sequence[Trial], statuses: Sequence[int]) -> None:
        """Turn some of the directives that refuse into their opposites, and ask what they refused again.

        Afterwards the server runs one of the changed configurations.
        """
        judge = Judge(duel.server.conf, duel.prefix)
        refused: dict[tuple[int, int], list[Trial]] = {}
        for trial, status in zip(trials, statuses, strict=True):
            decision = judge(trial).decision  # type: ignore[arg-type]
            if status == 403 and decision.verdict == REFUSED and isinstance(decision.where, Span):
                refused.setdefault((decision.where.start, decision.where.end), []).append(trial)
        data = conf.encode("utf-8", "surrogateescape")
        by_place = {(item.start, item.end): item for item in every_directive(parse("nginx.conf", data).directives)}
        by_name = {(item.span.start, item.span.end): item for item in by_place.values()}
        places = sorted(place for place in refused if place in by_name)
        for place in self._rng.sample(places, min(self._most, len(places))):
            directive = by_name[place]
            opposite = opposite_of(directive)
            if opposite is not None:
                changed = data[: directive.start] + opposite.encode() + data[directive.end :]
                self._ask(duel, changed.decode("utf-8", "surrogateescape"), refused[place], directive)

    def _ask(self, duel: Duel, conf: str, trials: Sequence[Trial], directive: Directive) -> None:
        try:
            duel.server.restart(conf)
        except NginxError:
            return
        judge = Judge(duel.server.conf, duel.prefix)
        for trial in trials:
            self.tested += 1
            status = trial.send(duel.server).status
            decision = judge(trial).decision  # type: ignore[arg-type]
            if status != 403:
                self.changed += 1
            elif decision.verdict == REFUSED and (decision.where, decision.cause) != (directive.span, "access-rule"):
                self.moved += 1
            else:
                self.stuck.append(f"{directive.name} {directive.args} for {trial}\n{conf}")

    def check(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Print the counts; fail when a directive is named that does not decide."""
        with capsys.disabled():
            print(
                f"{self.tested} refusals without the directive that they were laid to: {self.changed} end, "
                f"{self.moved} have another reason, {len(self.stuck)} stay as they were"
            )
        assert not self.stuck, self.stuck[0]
        assert self.changed >= ENOUGH * self.tested, "too few refusals end with the directive that they were laid to"


def opposite_of(directive: Directive) -> str | None:
    """The directive with its effect turned round, or None where it has no such thing."""
    first = directive.args[0] if directive.args else ""
    if directive.name == "deny":
        return f"allow {first};"
    if directive.name == "return":
        return "return 200 turned;"
    if directive.name == "auth_request":
        return "auth_request off;"
    if directive.name == "auth_basic_user_file":
        return "auth_basic_user_file /dev/null;"
    if directive.name in ("limit_req", "limit_conn"):
        return ""
    if directive.name == "error_page":
        return f"error_page {' '.join(word.replace('=403', '=409') for word in directive.args)};"
    if directive.name == "try_files":
        return f"try_files {' '.join([*directive.args[:-1], '=409'])};"
    return None
