"""Server blocks that are alike are explored once, and what is found is what exploring each of them finds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit403.core.fact import Refusal
from audit403.evidence.configuration_only import ConfigurationOnly
from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.alike import Shapes
from audit403.nginx.explore.explorer import Explorer
from audit403.nginx.model.build import build_model
from audit403.nginx.read.configuration import read_configuration
from differential.nginx.exploration_generator import Generator, World
from differential.nginx.tree_generator import Tree

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from servers.certificates import Certificates

_COPIES = 8
_ENOUGH = 0.2


def _found(conf: str) -> tuple[set[tuple[object, ...]], int]:
    """What is found, each refusal by cause, place, server block and whom it hits; and how many decisions it took."""
    entries = {"/": Entry(DIRECTORY, 0o755, 0, 0), "/n.conf": Entry(FILE, 0o644, 0, 0)}
    evidence = ConfigurationOnly(MemoryEvidence(entries, {"/n.conf": conf.encode()}))
    model = build_model(read_configuration("/n.conf", evidence, prefix="/"))
    evaluator = Evaluator(model, evidence)
    asked = 0
    decide = evaluator.decide

    def counted(*args: object, **options: object) -> object:
        nonlocal asked
        asked += 1
        return decide(*args, **options)  # type: ignore[arg-type]

    evaluator.decide = counted  # type: ignore[method-assign, assignment]
    facts = [fact for fact in Explorer(model, evaluator, tree_known=False).facts() if isinstance(fact, Refusal)]
    return {(fact.cause, fact.where, fact.subject.server.first_name(), fact.who) for fact in facts}, asked


def _copied(http: str, number: int) -> str:
    """The first server block several times over, each with names and paths of its own, one with a rule of its own."""
    start = http.index("server {")
    ends = [found.end() for found in re.finditer(r"^\}$", http, re.MULTILINE)]
    block = http[start : next(end for end in ends if end > start)]
    block = re.sub(r"server_name [^;]*;", "server_name NAME www.NAME;", block).replace(" default_server", "")
    copies = []
    for index in range(_COPIES):
        copy = block.replace("NAME", f"site{index}.example").replace("/www", f"/other{index}")
        copies.append(copy[:-1] + ("location /own { deny all; } }" if index == number % _COPIES else "}"))
    return http[:start] + "\n".join(copies)


def test_alike_blocks(
    rng: random.Random,
    certificates: Certificates,
    cases: Callable[[int], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    world = World(tmp_path, 8001, 8002, 8003, 8004, certificates)
    tree = Tree("/www", ["/www", "/www/d", "/www/e"], ["/www/index.html"], [])
    once = each = 0
    for number in range(cases(40)):
        conf = f"events {{}}\nhttp {{\n{_copied(Generator(rng, world, tree).text, number)}\n}}\n"
        merged, asked = _found(conf)
        with monkeypatch.context() as patched:
            patched.setattr(Shapes, "of", lambda *_: None)
            every, all_asked = _found(conf)
        assert merged == every, conf
        once, each = once + asked, each + all_asked
    with capsys.disabled():
        print(f"\n{once} decisions where each block on its own takes {each}")
    assert each - once > _ENOUGH * each, "hardly any block was taken to be alike"
