"""Counts, directive by directive, the requests whose real answer changes when that directive is taken out.

A generated test that never reaches a directive agrees with the server about it and proves nothing. So each test takes
directives out of its configurations, one at a time, and asks the real server again:

    influence = Influence(rng, ("deny", "satisfy", "geo", "geo/ranges", "if -f"))
    while influence.goes_on(duel.asked, cases(2_000)):  # with each configuration, after its answers are in:
        influence.measure(server, conf, statuses, asks)
    influence.check()     # prints the table; at the scale of `make fuzz` a count under 50 fails

What is rare in what a generator makes may stay rare for a whole run, so a test that lacks influence goes on for up to
three times as many requests; a directive that has enough of it is left in.

A label is a directive's name, `parent/name` for a line inside a block such as `map`, `geo` or `types`, or whatever the
test's own `labels` gives. A directive that nginx does not start without is left alone.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import Directive
from servers import plenty
from servers.nginx import Nginx, NginxError
from servers.told import tell

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Sequence

    from differential.nginx.duel import Question

    Labels = Callable[[Directive, Directive | None], Iterable[str]]

FEWEST = 50
"""So many requests must hang on each directive, at the scale of `make fuzz`."""

_DEFINITIONS = frozenset(("map", "geo", "split_clients", "geoip2", "types", "upstream"))
_TABLES = _DEFINITIONS | {"limit_except", "if"}
_FUZZ = 10
_PATIENCE = 3
_TRIALS_AT_FUZZ_SCALE = 6


class _Statement(Protocol):
    """A directive of any server."""

    start: int
    end: int

    @property
    def block(self) -> Sequence[Any] | None:
        """What it holds."""
        ...


Read = TypeVar("Read", bound=_Statement)


def at_fuzz_scale() -> bool:
    """Whether ten times as many cases run as in `make test`, or more."""
    return plenty.cases(1_000) >= 1_000 * _FUZZ


def plain_labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    """The directive's name; inside a table or a special block also `parent/name`.

    The lines of a definition count for it too: taken out whole, it takes its variable along and nginx does not start.
    """
    yield directive.name
    if parent is not None and parent.name in _DEFINITIONS:
        yield parent.name
    if parent is not None and parent.name in _TABLES:
        yield f"{parent.name}/{directive.name}"


class InfluenceOf(Generic[Read]):
    """The counts of one test, whichever the server. `wanted` are the labels that must have influence."""

    def __init__(
        self,
        rng: random.Random,
        wanted: Iterable[str],
        labels: Callable[[Read, Read | None], Iterable[str]],
        trials: int | None = None,
    ) -> None:
        self.wanted = tuple(wanted)
        self.counts: Counter[str] = Counter()
        self._tried: Counter[str] = Counter()
        self.trials = trials or (_TRIALS_AT_FUZZ_SCALE if at_fuzz_scale() else 1)
        self._rng = rng
        self._labels = labels

    def goes_on(self, asked: int, planned: int) -> bool:
        """Whether the test has to ask more: what it is to ask, and where influence lacks up to three times that."""
        return asked < planned or (at_fuzz_scale() and bool(self._tame()) and asked < _PATIENCE * planned)

    def asked_for(self) -> frozenset[str]:
        """The labels that are still to be measured."""
        return frozenset(self._tame() if at_fuzz_scale() else self.wanted)

    def _tame(self) -> dict[str, int]:
        return {label: self.counts[label] for label in self.wanted if self.counts[label] < FEWEST}

    def check(self) -> None:
        """Tell the table; fail when the test ran at full scale and a label has too little influence."""
        tell(self.table())
        if at_fuzz_scale():
            tame = self._tame()
            assert not tame, f"the generator is too tame: fewer than {FEWEST} answers hang on {tame}"

    def table(self) -> str:
        """One line a label: how many requests' real answers changed."""
        width = max(map(len, self.wanted), default=0)
        rows = [f"  {label:{width}}  {self.counts[label]:6}" for label in sorted(self.wanted)]
        enough = f" (measured up to {FEWEST})" if at_fuzz_scale() else ""
        return "\n".join([f"requests whose real answer changes without the directive{enough}:", *rows])

    def _chosen(self, conf: str, rounds: int) -> list[tuple[int, int, frozenset[str]]]:
        """The byte ranges to take out: those that were tried least first, as long as their influence is small."""
        wanted = self.asked_for()
        if not wanted:
            return []
        found = [(start, end, said & wanted) for start, end, said in self._labelled(conf) if said & wanted]
        self._rng.shuffle(found)
        found.sort(key=lambda row: min((self.counts[label] >= FEWEST, self._tried[label]) for label in row[2]))
        return found[:rounds]

    def _labelled(self, conf: str) -> list[tuple[int, int, frozenset[str]]]:
        """Each directive's byte range and labels."""
        found: list[tuple[int, int, frozenset[str]]] = []
        data = conf.encode("utf-8", "surrogateescape")
        pending: list[tuple[Read, Read | None]] = [(directive, None) for directive in self._directives(data)]
        while pending:
            directive, parent = pending.pop()
            found.append((directive.start, directive.end, frozenset(self._labels(directive, parent))))
            pending += [(child, directive) for child in directive.block or ()]
        return found

    def _directives(self, data: bytes) -> Iterable[Read]:
        """What a configuration says."""
        raise NotImplementedError


class Influence(InfluenceOf[Directive]):
    """The counts of one test of nginx."""

    def __init__(
        self, rng: random.Random, wanted: Iterable[str], *, labels: Labels = plain_labels, trials: int | None = None
    ) -> None:
        super().__init__(rng, wanted, labels, trials)

    def measure(
        self, server: Nginx, conf: str, statuses: Sequence[int], asks: Sequence[Question], rounds: int | None = None
    ) -> None:
        """Take some directives out of `conf`, each by itself, and ask all requests again.

        Labels that were tried least come first. Afterwards the server runs one of the reduced configurations: give it
        the next one with `restart`.
        """
        for start, end, labels in self._chosen(conf, self.trials if rounds is None else rounds):
            self._tried.update(labels)
            data = conf.encode("utf-8", "surrogateescape")
            reduced = (data[:start] + data[end:]).decode("utf-8", "surrogateescape")
            try:
                server.restart(reduced)
            except NginxError:
                continue
            changed = sum(ask.send(server).status != status for ask, status in zip(asks, statuses, strict=True))
            for label in labels:
                self.counts[label] += changed

    def _directives(self, data: bytes) -> Iterable[Directive]:
        return parse("nginx.conf", data).directives
