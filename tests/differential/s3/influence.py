"""Counts how many verdicts of the simulator hang on each element of policies, on each operator and on each layer.

A generated test that never reaches an element proves nothing about it. So elements are taken out of cases, one at a
time, and the simulator is asked again; a count under 50 at the scale of `make fuzz` fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from differential.nginx.influence import FEWEST, at_fuzz_scale
from differential.s3.as_simulation import as_simulation
from differential.s3.generator import Case, Json
from differential.s3.words import ANY_OPERATOR, KEYS
from servers.iam_simulate import ask
from servers.told import tell

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Sequence

_LAYERS = (
    "bucket policy", "identity policy", "permissions boundary", "session policy", "service control policy",
    "resource control policy", "endpoint policy",
)  # fmt: skip
_ELEMENTS = ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
_MORE = (
    "Allow", "Deny", "RestrictPublicBuckets", "variable", "variable with a default", "Null",
    "…IfExists", "ForAnyValue:…", "ForAllValues:…",
)  # fmt: skip
WANTED = (*_LAYERS, *_ELEMENTS, *_MORE, *ANY_OPERATOR, *KEYS)
_PATIENCE = 3
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class Influence:
    """The counts of one test."""

    def __init__(self, rng: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self._rng = rng

    def goes_on(self, asked: int, planned: int) -> bool:
        """Whether the test has to ask more: what it is to ask, and where influence lacks up to three times that."""
        return asked < planned or (at_fuzz_scale() and bool(self._tame()) and asked < _PATIENCE * planned)

    def _tame(self) -> dict[str, int]:
        return {label: self.counts[label] for label in WANTED if self.counts[label] < FEWEST}

    def measure(self, cases: Sequence[Case], allowed: Sequence[bool]) -> None:
        """Take what still lacks influence out of some of the cases, and ask again."""
        lacking = self._tame()
        chosen: list[tuple[set[str], Case, bool]] = []
        most = len(cases) if at_fuzz_scale() else len(cases) // 20
        for case, was in zip(cases[:most], allowed, strict=False):
            every = [(labels & lacking.keys(), change) for labels, change in reductions(case)]
            every = [(labels, change) for labels, change in every if labels]
            if every:
                labels, change = self._rng.choice(every)
                chosen.append((labels, change(), was))
        for (labels, _, was), answer in zip(
            chosen, ask(as_simulation(changed) for _, changed, _ in chosen), strict=True
        ):
            if not answer.error and answer.allowed is not was:
                self.counts.update(labels)

    def check(self) -> None:
        """Tell the table; fail when the test ran at full scale and something has too little influence."""
        width = max(map(len, WANTED))
        rows = [f"  {label:{width}}  {self.counts[label]:6}" for label in WANTED]
        tell("\n".join(["verdicts of the simulator that change without it:", *rows]))
        if at_fuzz_scale():
            assert not self._tame(), f"the generator is too tame: fewer than {FEWEST} verdicts hang on {self._tame()}"


Change = Callable[[], Case]


def reductions(case: Case) -> Iterator[tuple[set[str], Change]]:
    """What can be taken out of the case, one thing at a time, and how to get the case without it."""
    for number, (layer, policy) in enumerate(case.policies()):
        yield {layer}, partial(_with_policy, case, number, {"Version": "2012-10-17", "Statement": [_of_layer(layer)]})
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        for at, statement in enumerate(statements):
            for labels, changed in _of_statement(statement):
                left = [*statements[:at], *([changed] if changed else []), *statements[at + 1 :]]
                if left:
                    yield labels, partial(_with_policy, case, number, policy | {"Statement": left})
    for place in ("account", "bucket"):
        block = (case.state["account"] if place == "account" else case.bucket)["public_access_block"]
        if block and block["RestrictPublicBuckets"]:
            yield {"RestrictPublicBuckets"}, partial(_opened, case, place)


def _opened(case: Case, place: str) -> Case:
    changed = case.copied()
    (changed.state["account"] if place == "account" else changed.bucket)["public_access_block"] = None
    return changed


def _of_layer(layer: str) -> Json:
    """What takes a layer out: it says nothing, or lets everything through."""
    if layer in ("bucket policy", "identity policy", "resource control policy"):
        effect = "Deny" if layer.startswith("resource") else "Allow"
        nothing: Json = {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::nothing-here/*"}
        return nothing if layer.startswith("identity") else nothing | {"Principal": "*"}
    return _EVERYTHING | ({"Principal": "*"} if layer == "endpoint policy" else {})


def _of_statement(statement: Json) -> Iterator[tuple[set[str], Json | None]]:
    said = {element for element in _ELEMENTS if element in statement and element != "Condition"}
    texts = str(statement)
    said |= {"variable with a default"} if "${" in texts and ", '" in texts else set()
    said |= {"variable"} if "${aws" in texts else set()
    yield {statement["Effect"]} | said, None
    conditions = statement.get("Condition", {})
    if conditions:
        yield {"Condition"}, {name: value for name, value in statement.items() if name != "Condition"}
    for operator, entries in conditions.items():
        for key in entries:
            left = {
                name: {one: value for one, value in held.items() if (name, one) != (operator, key)}
                for name, held in conditions.items()
            }
            labels = {*_labels(operator), next((name for name in KEYS if name.lower() == key.lower()), key)}
            yield labels, statement | {"Condition": {name: held for name, held in left.items() if held}}


def _labels(operator: str) -> Iterable[str]:
    qualifier, _, name = operator.rpartition(":")
    if qualifier:
        yield f"{qualifier}:…"
    if name.endswith("IfExists"):
        yield "…IfExists"
    yield name.removesuffix("IfExists")


def _with_policy(case: Case, number: int, policy: Any) -> Case:
    """The case with the policy of this number, as `Case.policies` counts, replaced."""
    changed = case.copied()
    found = changed.policies()[number][1]
    found.clear()
    found.update(policy)
    return changed
