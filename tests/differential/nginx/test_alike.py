"""Server blocks that are alike are explored once, and what is found is what exploring each of them finds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit403.core.fact import Refusal
from audit403.evidence.configuration_only import ConfigurationOnly
from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.alike import NEVER_ASKED, Shapes
from audit403.nginx.explore.explorer import Explorer
from audit403.nginx.model.build import build_model
from audit403.nginx.model.context import Context
from audit403.nginx.read.configuration import read_configuration
from differential.nginx.exploration_generator import Generator, World
from differential.nginx.tree_generator import Tree

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

    from audit403.core.fact import Fact
    from servers.certificates import Certificates

_COPIES = 8
_ENOUGH = 0.05


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


class Saved:
    """How many decisions it spares to let one of several alike server blocks stand for all; nothing is lost by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.once = self.each = 0

    def compare(self, conf: str) -> None:
        """Explore with alike blocks taken together, and with each on its own."""
        merged, asked = _found(conf)
        with self.monkeypatch.context() as patched:
            patched.setattr(Shapes, "of", lambda *_: None)
            every, all_asked = _found(conf)
        assert merged == every, conf
        self.once, self.each = self.once + asked, self.each + all_asked

    def check(self) -> None:
        """Print the numbers; fail where hardly anything was spared."""
        print(f"\n{self.once} decisions where each block on its own takes {self.each}")
        assert self.each - self.once > _ENOUGH * self.each, "hardly any block was taken to be alike"


def _copied(http: str, number: int) -> str:
    """The first server block several times over, each with names and paths of its own, one with a rule of its own."""
    start = http.index("server {")
    ends = [found.end() for found in re.finditer(r"^\}$", http, re.MULTILINE)]
    block = http[start : next(end for end in ends if end > start)]
    block = re.sub(r"server_name [^;]*;", "server_name NAME www.NAME;", block).replace(" default_server", "")
    copies = []
    for index in range(_COPIES):
        copy = block.replace("NAME", f"site{index}.example").replace("/www", f"/other{index}")
        if number % 3 == 0:
            copy = re.sub(r"((?:allow|deny) \d+\.)(\d+)(\.\d+\.\d+(?:/(?:16|24|25))?;)", _moved(11 * index), copy)
        copies.append(copy[:-1] + ("location /own { deny all; } }" if index == number % _COPIES else "}"))
    return http[:start] + "\n".join(copies)


def _moved(by: int) -> Callable[[re.Match[str]], str]:
    """Networks with another second number, which keeps those apart that are so, and those inside others there."""
    return lambda found: f"{found[1]}{(int(found[2]) + by) % 256}{found[3]}"


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
    saved = Saved(monkeypatch)
    for number in range(cases(40)):
        conf = f"events {{}}\nhttp {{\n{_copied(Generator(rng, world, tree).text, number)}\n}}\n"
        saved.compare(conf)
    with capsys.disabled():
        saved.check()


class Lists:
    """Server blocks with the same lists but for the networks, which seldom lie in or beside one another."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.levels = [self._lines(), self._lines(), self._lines()]
        outer = (
            *[""] * 4,
            f"deny {self._network()};",
            f"geo $near {{ default 0; {self._network()} 1; }}",
            f"set_real_ip_from {self._network()}; real_ip_header X-Forwarded-For;",
            'map $remote_addr $near { default 0; "10.1.2.3" 1; }',
        )
        self.outer = rng.choice(outer)
        self.test = "if ($near) { return 403; }" if "$near" in self.outer and rng.random() < 0.5 else ""
        more = ("", "", "satisfy any; auth_basic site; auth_basic_user_file u;", "allow 10.0.0.0/8;")
        self.extra = rng.choice(more)

    def block(self, index: int) -> str:
        networks: dict[str, str] = {}
        outer, inner, limited = (self._written(lines, networks) for lines in self.levels)
        return f"""server {{
            listen 8001; listen [::]:8001; server_name site{index}.example; root /site{index};
            {outer} {self.test}
            location /a/ {{ {inner} {self.extra} }}
            location /b/ {{ limit_except GET {{ {limited} }} }}
        }}"""

    def _lines(self) -> list[tuple[str, str]]:
        names = [self.rng.choice(("all", "one", "two", "three")) for _ in range(self.rng.randrange(4))]
        return [(self.rng.choice(("allow", "deny")), name) for name in names]

    def _written(self, lines: list[tuple[str, str]], networks: dict[str, str]) -> str:
        made = []
        for verb, name in lines:
            network = "all" if name == "all" else networks.setdefault(name, self._network(name))
            made.append(f"{verb} {network};")
        return " ".join(made)

    def _network(self, name: str = "one") -> str:
        rng = self.rng
        if name == "three":
            return f"2001:db8:{rng.randrange(4):x}::/48" if rng.random() < 0.5 else f"fd{rng.randrange(256):02x}::/32"
        if rng.random() < 0.03:
            return rng.choice(("10.0.0.0/8", "203.0.113.0/24", "10.1.2.3", "0.0.0.0/0"))
        if name == "one":
            return f"10.{rng.randrange(8)}.{rng.randrange(8)}.0/24"
        return f"10.{rng.randrange(8)}.{rng.randrange(8)}.{rng.randrange(256)}"


def test_blocks_with_other_networks(
    rng: random.Random, cases: Callable[[int], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = Saved(monkeypatch)
    for _ in range(cases(60)):
        lists = Lists(rng)
        blocks = "\n".join(map(lists.block, range(_COPIES)))
        conf = f"events {{}}\nhttp {{\n{lists.outer}\n{blocks}\n}}\n"
        saved.compare(conf)
    with capsys.disabled():
        saved.check()


def test_what_is_left_out_is_never_asked_for(
    rng: random.Random, certificates: Certificates, cases: Callable[[int], int], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    """Directives that no shape has may not decide anything: neither the evaluator nor exploration looks at one."""
    asked: set[str] = set()
    exploring = False

    class Watched(dict[str, list[object]]):
        def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
            note(name)
            return super().get(name, default)

        def __getitem__(self, name: str) -> list[object]:
            note(name)
            return super().__getitem__(name)

        def __contains__(self, name: object) -> bool:
            note(str(name))
            return super().__contains__(name)

    def note(name: str) -> None:
        if exploring:
            asked.add(name)

    made, explored = Context.__init__, Explorer.facts

    def facts(explorer: Explorer) -> Iterator[Fact]:
        nonlocal exploring  # when the model is built every value is checked
        exploring = True
        yield from explored(explorer)
        exploring = False

    def watch(context: Context, *args: object) -> None:
        made(context, *args)  # type: ignore[arg-type]
        context.own = Watched()  # type: ignore[assignment]

    monkeypatch.setattr(Context, "__init__", watch)
    monkeypatch.setattr(Explorer, "facts", facts)
    world = World(tmp_path, 8001, 8002, 8003, 8004, certificates)
    tree = Tree("/www", ["/www", "/www/d", "/www/e"], ["/www/index.html"], [])
    for _ in range(cases(20)):
        lines = " ".join(f"{name} /x y;" for name in sorted(NEVER_ASKED))
        _found(f"events {{}}\nhttp {{\n{lines}\n{Generator(rng, world, tree).text}\n}}\n")
    assert {"allow", "index", "error_page"} <= asked
    assert not asked & NEVER_ASKED
