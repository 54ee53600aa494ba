"""Is the directive that a decision names the one that decides?

It is turned into its opposite, and the real answer must change, unless the evaluator now names another reason. When
that is a directive too it is turned as well, until the answer changes or a file is to blame. At each turn the real
server and the evaluator must agree on whether the request is still refused: one that they see differently is a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audit403.core.decision import REFUSED
from audit403.core.place import Span
from audit403.core.source import every_directive
from audit403.nginx.read.parse import parse
from differential.nginx.duel import Duel, Judge
from servers.nginx import NginxError
from servers.told import tell

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from audit403.core.decision import Decision
    from audit403.nginx.read.tree import Directive
    from differential.nginx.trial import Trial

AT_ONCE = 0.25
"""The least share of refusals that end with the first directive: little is shown where nearly all have a second reason.

How many have one is the generator's doing (it lays rules three deep), so this says nothing about the evaluator.
"""

_DEEPEST = 4


class Laid(NamedTuple):
    """Refusals that the evaluator lays to one directive."""

    directive: Directive
    opposite: str
    trials: list[Trial]


class Where:
    """The counts of one test."""

    def __init__(self, rng: random.Random, most: int = 2) -> None:
        self.tested = self.at_once = self.later = self.elsewhere = 0
        self.wrong: list[str] = []
        self._rng = rng
        self._most = most

    def measure(self, duel: Duel, conf: str, trials: Sequence[Trial], statuses: Sequence[int]) -> None:
        """Turn some of the directives that refuse into their opposites, and ask what they refused again.

        Afterwards the server runs one of the changed configurations.
        """
        refused = [trial for trial, status in zip(trials, statuses, strict=True) if status == 403]
        laid = _laid(duel, conf, refused)
        for each in self._rng.sample(laid, min(self._most, len(laid))):
            self.tested += len(each.trials)
            self._turn(duel, conf, each, 1)

    def _turn(self, duel: Duel, conf: str, laid: Laid, depth: int) -> None:
        data = conf.encode("utf-8", "surrogateescape")
        directive = laid.directive
        changed = data[: directive.start] + laid.opposite.encode() + data[directive.end :]
        turned = changed.decode("utf-8", "surrogateescape")
        try:
            duel.server.restart(turned)
        except NginxError:
            self.tested -= len(laid.trials)
            return
        judge = Judge(duel.server.conf, duel.prefix)
        left = []
        for trial in laid.trials:
            decision = judge(trial).decision
            status = trial.send(duel.server).status
            still_laid_to_it = _place(decision) == (directive.span.start, directive.span.end)
            if (status == 403) != (decision.verdict == REFUSED) or (status == 403 and still_laid_to_it):
                said = f"{status}, {decision.verdict} for {decision.cause}"
                self.wrong.append(f"{directive.name} {directive.args} turned: {said}, for {trial}\n{turned}")
            elif status == 403:
                left.append(trial)
            else:
                self.at_once += depth == 1
                self.later += depth > 1
        again = _laid(duel, turned, left) if depth < _DEEPEST else []
        self.elsewhere += len(left) - sum(len(each.trials) for each in again)
        for each in again:
            self._turn(duel, turned, each, depth + 1)

    def check(self) -> None:
        """Tell the counts; fail when a directive is named that does not decide."""
        tell(
            f"{self.tested} refusals with the directive turned round that they were laid to: {self.at_once} end "
            f"at once, {self.later} with the next ones, {self.elsewhere} come to files, {len(self.wrong)} wrong"
        )
        assert not self.wrong, self.wrong[0]
        assert self.at_once >= AT_ONCE * self.tested, "too few refusals end with the directive that they were laid to"


def _laid(duel: Duel, conf: str, trials: Sequence[Trial]) -> list[Laid]:
    """The refusals by the directive that they are laid to; `conf` must be what runs, or be what lies in its place."""
    duel.server.conf.write_bytes(conf.encode("utf-8", "surrogateescape"))
    judge = Judge(duel.server.conf, duel.prefix)
    directives = every_directive(parse("nginx.conf", conf.encode("utf-8", "surrogateescape")).directives)
    by_place = {(directive.span.start, directive.span.end): directive for directive in directives}
    found: dict[tuple[int, int], Laid] = {}
    for trial in trials:
        place = _place(judge(trial).decision)
        directive = None if place is None else by_place.get(place)
        opposite = None if directive is None else opposite_of(directive)
        if place is not None and directive is not None and opposite is not None:
            found.setdefault(place, Laid(directive, opposite, [])).trials.append(trial)
    return list(found.values())


def _place(decision: Decision) -> tuple[int, int] | None:
    return (decision.where.start, decision.where.end) if isinstance(decision.where, Span) else None


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
