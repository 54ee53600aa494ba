"""For each directive: in how many configurations it stood, how many answers hung on it, and how often we were wrong.

As for nginx (differential/nginx/influence.py): directives are taken out one at a time, also out of `.htaccess` files,
and the real server is asked again. Here the evaluator is asked again too, so that each reduced configuration is another
case. A difference counts for all directives that its configuration still has after it was cut down.
"""

from __future__ import annotations

from collections import Counter
from operator import ne
from typing import TYPE_CHECKING

from audit403.apache.read.tree import Directive
from differential.apache.shrink import directives_of
from differential.nginx.influence import InfluenceOf, at_fuzz_scale
from servers.told import tell

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from differential.apache.duel import Duel, Question

_FLAGS = ("F", "G", "P", "PT", "L", "END", "N", "S", "C", "R", "E", "NC", "QSA", "B", "BNP", "H", "T", "NS")


def labels(directive: Directive, parent: Directive | None) -> Iterable[str]:
    """The directive's name, and which kind of Require, ErrorDocument or RewriteRule it is."""
    name, args = directive.name, directive.args
    yield name
    if name == "require" and args:
        kind = args[1] if args[0].lower() == "not" and len(args) > 1 else args[0]
        yield f"require {kind.lower()}"
        if args[0].lower() == "not":
            yield "require not"
    if name == "rewriterule" and len(args) > 2:
        flags = {flag.partition("=")[0] for flag in args[2].strip("[]").split(",")}
        yield from (f"rewriterule [{flag}]" for flag in sorted(flags.intersection(_FLAGS)))
    if name == "errordocument" and len(args) > 1:
        yield "errordocument local" if args[1].startswith("/") else "errordocument other"
    if name == "options":
        yield from (f"options {word.lstrip('+-').lower()}" for word in args)


class Report(InfluenceOf[Directive]):
    """The counts of one test."""

    def __init__(self, rng: random.Random, wanted: Iterable[str], trials: int | None = None) -> None:
        super().__init__(rng, wanted, labels, trials)
        self.stood: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def compare(self, duel: Duel, body: str, asks: Sequence[Question]) -> None:
        """Ask everything, and then again without one directive or the other. `body` is what runs."""
        statuses = self._run(duel, body, asks)
        for start, end, said in self._chosen(body, self.trials):
            self._tried.update(said)
            data = body.encode("utf-8", "surrogateescape")
            reduced = (data[:start] + data[end:]).decode("utf-8", "surrogateescape")
            try:
                duel.server.restart(duel.whole(reduced))
            except duel.server.error:
                continue
            changed = sum(map(ne, self._run(duel, reduced, asks), statuses))
            for label in said:
                self.counts[label] += changed

    def table(self) -> str:
        """One line a directive."""
        known = sorted({*self.wanted, *self.stood})
        width = max(map(len, known), default=0)
        head = f"  {'':{width}}  configurations  answers that hang on it  wrong"
        rows = [
            f"  {label:{width}}  {self.stood[label]:14}  {self.counts[label]:23}  {self.wrong[label]:5}"
            for label in known
        ]
        return "\n".join(["directive by directive:", head, *rows])

    def check(self) -> None:
        """Tell the table; fail where a directive never stood in a configuration."""
        tell(self.table())
        absent = [name for name in self.wanted if not self.stood[name]] if at_fuzz_scale() else []
        assert not absent, f"no configuration had {absent}"

    def _run(self, duel: Duel, body: str, asks: Sequence[Question]) -> list[int]:
        for label in {label for _, _, said in self._labelled(body) for label in said}:
            self.stood[label] += 1
        before = {kind: len(shown) for kind, shown in duel.differences.items()}
        statuses = duel.run(body, asks)
        for kind, shown in duel.differences.items():
            for text in shown[before[kind] :]:
                self.wrong.update({label for _, _, said in self._labelled(text) for label in said})
        return statuses

    def _directives(self, data: bytes) -> Iterable[Directive]:
        return directives_of(data)
