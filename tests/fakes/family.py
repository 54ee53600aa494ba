"""The family `fake`, whose `*.fake` files hold lines.

`refuse PREFIX [CLIENT]`, `docroot DIR`, `fault WORDS`, `boom`, and comments behind `#`. A request is refused when its
target begins with such a prefix, and the line names no client or this one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audit403.core.decision import NOT_REFUSED, REFUSED, Decision, Step
from audit403.core.edit import Edit, TextEdit, edited
from audit403.core.fact import Fact, ReadingFault, Refusal
from audit403.core.family import Comment, NotAudited, Options, RunsAs
from audit403.core.place import Span
from audit403.core.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit403.core.instance import Instance
    from audit403.evidence.interface import Evidence
    from audit403.evidence.machine import Machine

name = "fake"
process_names: tuple[str, ...] = ("fake",)
build_texts: tuple[str, ...] = ()
VISITOR = "203.0.113.9"


class FakeSite:
    def __init__(self, main: str, data: bytes, options: Options) -> None:
        self.main = main
        self.data = data
        self.files: tuple[str, ...] = (main,)
        self.size = len(data)
        self.options = options
        self.assumed: str | None = None
        self.not_audited: tuple[NotAudited, ...] = ()

    def lines(self) -> Iterator[tuple[Span, list[str]]]:
        start = 0
        for number, line in enumerate(self.data.decode().split("\n"), 1):
            text = line.partition("#")[0].rstrip()
            span = Span(self.main, number, 1, number, len(text) + 1, start, start + len(text))
            yield span, text.split()
            start += len(line.encode()) + 1

    def decide(self, request: Request) -> Decision:
        trace: list[Step] = []
        for span, words in self.lines():
            if words[:1] != ["refuse"] or not request.target.startswith(words[1]):
                continue
            if len(words) > 2:
                met = request.client == words[2]
                trace.append(Step("access", "client", span, met, "client", "equals", words[2]))
                if not met:
                    continue
            return Decision(REFUSED, 403, "deny", span, trace=tuple(trace), log="denied")
        return Decision(NOT_REFUSED, 200, "served", trace=tuple(trace))

    def facts(self) -> Iterator[Fact]:
        for span, words in self.lines():
            if words[:1] == ["fault"]:
                yield ReadingFault(name, "fault", span, " ".join(words[1:]))
        for span, words in self.lines():
            if words == ["boom"]:
                raise RuntimeError("boom")
            if words[:1] == ["refuse"]:
                client = words[2] if len(words) > 2 else VISITOR
                witness = Request("GET", "http", "fake.example", 80, words[1], client)
                decision = self.decide(witness)
                if decision.where == span:
                    yield Refusal(name, "deny", span, (), witness, decision, "every client")

    def alike_facts(self) -> Iterator[Fact]:
        return iter(())

    def not_explored(self) -> tuple[NotAudited, ...]:
        return ()

    def docroots(self) -> Iterable[str]:
        return [words[1] for _, words in self.lines() if words[:1] == ["docroot"]]

    def runs_as(self) -> tuple[RunsAs, ...]:
        return (RunsAs("nobody", None, "the server"),)

    def with_tree(self, tree: str) -> FakeSite:
        return FakeSite(self.main, self.data, self.options._replace(tree=tree))

    def comments(self) -> Iterator[Comment]:
        start = 0
        for number, line in enumerate(self.data.decode().split("\n"), 1):
            before, sign, text = line.partition("#")
            if sign:
                span = Span(self.main, number, len(before) + 1, number, len(line) + 1, start, start + len(line))
                yield Comment(span, sign + text, not before.strip())
            start += len(line.encode()) + 1

    def with_changes(self, edits: Iterable[Edit]) -> FakeSite:
        data = edited(self.data, [edit for edit in edits if isinstance(edit, TextEdit)])
        if data is None:
            raise ValueError("impossible")
        return FakeSite(self.main, data, self.options)

    def source(self, path: str) -> bytes | None:
        return self.data if path == self.main else None

    def makes_public(self, request: Request) -> bool:
        """Never: it keeps nothing private."""
        return False


def find(targets: Iterable[str], evidence: Evidence, options: Options) -> Iterator[FakeSite | NotAudited]:
    for target in targets:
        paths = (
            [os.path.join(target, entry) for entry in sorted(os.listdir(target))] if os.path.isdir(target) else [target]
        )
        for path in paths:
            if path.endswith(".fake"):
                yield read(path, evidence, options)


def read(main: str, evidence: Evidence, options: Options) -> FakeSite:
    data = evidence.read(main)
    assert isinstance(data, bytes)
    if data.startswith(b"unreadable"):
        raise ValueError("this reader is broken")
    return FakeSite(main, data, options)


def read_text(data: bytes, evidence: Evidence, options: Options) -> FakeSite | None:
    return FakeSite("/stdin.fake", data, options) if data.startswith(b"fake\n") else None


def running(machine: Machine) -> tuple[Instance, ...]:
    return ()
