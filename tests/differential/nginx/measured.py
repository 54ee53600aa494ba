"""A generated test with all its measures: what nginx answers and logs, which directives count, and who is blamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from differential.nginx.duel import Duel
from differential.nginx.trial import LoggedDuel
from servers.nginx import main_config

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from differential.nginx.duel import Question
    from differential.nginx.influence import Influence
    from differential.nginx.trial import Trial
    from differential.nginx.where import Where


def hold(
    prefix: Path,
    influence: Influence,
    planned: int,
    conf_of: Callable[[], str],
    asks_of: Callable[[], Sequence[Question]],
) -> None:
    """One configuration after another, until so many requests were asked of those that run; then the checks."""
    with Duel(prefix) as duel:
        while influence.goes_on(duel.asked, planned):
            conf = conf_of()
            if not duel.start(conf):
                continue
            asks = asks_of()
            statuses = duel.run(conf, asks)
            influence.measure(duel.server, conf, statuses, asks)
        duel.check()
    influence.check()


class Generator(Protocol):
    """Makes configurations, and requests for the last one of them."""

    def http(self) -> str:
        """What stands in `http {}`."""
        ...

    def trial(self) -> Trial:
        """A request."""
        ...


class Measured(NamedTuple):
    """The test; `rounds` directives are taken out of each configuration, `texts` compares what a `return` sends."""

    prefix: Path
    generator: Generator
    influence: Influence
    where: Where
    rounds: int
    texts: bool = True

    def run(self, planned: int, requests: int) -> None:
        """Ask so many requests at least, some of each configuration, and check all the measures."""
        with LoggedDuel(self.prefix, texts=self.texts) as duel:
            while self.influence.goes_on(duel.asked, planned):
                conf = main_config(self.prefix, self.generator.http())
                if duel.start(conf):
                    self._compare(duel, conf, [self.generator.trial() for _ in range(requests)])
            duel.check()
        self.where.check()
        self.influence.check()

    def _compare(self, duel: LoggedDuel, conf: str, trials: list[Trial]) -> None:
        statuses = duel.run(conf, trials)
        self.where.measure(duel, conf, trials, statuses)
        self.influence.measure(duel.server, conf, statuses, trials, self.rounds)
