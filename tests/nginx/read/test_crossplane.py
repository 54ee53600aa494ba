"""A second reader: crossplane gives the same tree for ordinary configuration."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import crossplane
import pytest

from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import Directive
from servers.plenty import SEED, cases, rng

ROOT = Path(__file__).parents[3]
#: crossplane loses the whole file where one of these is in it (facts/nginx.md 4c).
HOSTILE = (b"\\", b"\xef\xbb\xbf", b"_by_lua_block")


def _is_for_both(data: bytes) -> bool:
    """Whether a file is whole, and one that crossplane can read."""
    return not any(mark in data for mark in HOSTILE) and not parse("it", data).problems


FILES = [
    path
    for path in sorted([*(ROOT / "fixtures").rglob("*.conf"), *Path("/etc/nginx").rglob("*.conf")])
    if path.is_file() and _is_for_both(path.read_bytes())
]
WORDS = ["/", "$uri", "index.html", "a.example.com", "80", "off", "~*", "on", "text/html", "127.0.0.1/8", "=404", "a=b"]
QUOTED = ["'a b'", '"x;y"', '"{}"', "'#'", '"$a ${b}"', "''", '"it\'s"']


Tree = list[tuple[str, list[str], int, "Tree | None"]]


def ours(directives: list[Directive]) -> Tree:
    return [(d.name, d.args, d.line, None if d.block is None else ours(d.block)) for d in directives]


def theirs(block: list[dict[str, Any]]) -> Tree:
    return [(s["directive"], s["args"], s["line"], theirs(s["block"]) if "block" in s else None) for s in block]


def crossplane_tree(path: Path) -> Tree:
    payload = crossplane.parse(
        str(path), single=True, check_ctx=False, check_args=False, catch_errors=False, comments=False
    )
    return theirs(payload["config"][0]["parsed"])


def without_if_parentheses(tree: Tree) -> Tree:
    """Our tree as crossplane has it: without the parentheses around the condition of an `if`."""
    found: Tree = []
    for name, args, line, block in tree:
        if name == "if" and args:
            args = args[1:] if args[0] == "(" else [args[0].removeprefix("("), *args[1:]]
            args = args[:-1] if args[-1:] == [")"] else [*args[:-1], args[-1].removesuffix(")")]
        found.append((name, args, line, None if block is None else without_if_parentheses(block)))
    return found


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_as_they_are(path: Path) -> None:
    file = parse(str(path), path.read_bytes())
    assert without_if_parentheses(ours(file.directives)) == crossplane_tree(path)


def generated(numbers: random.Random, depth: int = 0) -> str:
    lines = []
    for _ in range(numbers.randrange(1, 6)):
        indent = "    " * depth
        name = numbers.choice(["root", "index", "add_header", "server_name", "allow", "proxy_pass", "Custom-name"])
        words = [numbers.choice(WORDS if numbers.random() < 0.7 else QUOTED) for _ in range(numbers.randrange(4))]
        gap = numbers.choice([" ", "  ", "\t", "\n" + indent + "  ", "\r\n"])
        comment = numbers.choice(["", "", "", " # a; {b}", "\n\n# '\""])
        if depth < 4 and numbers.random() < 0.3:
            head = numbers.choice(["server", "location /a", "location ~ x$", "if ($a = b)", "upstream u", "types"])
            before = numbers.choice([" ", "\n", ""])
            lines.append(f"{indent}{head}{before}{{{comment}\n{generated(numbers, depth + 1)}{indent}}}\n")
        else:
            lines.append(f"{indent}{gap.join([name, *words])}{numbers.choice(['', ' '])};{comment}\n")
    return "".join(lines)


def test_generated_files(tmp_path: Path) -> None:
    numbers = rng("crossplane")
    path = tmp_path / "generated.conf"
    compared = 0
    for _ in range(cases(300)):
        text = generated(numbers)
        path.write_bytes(text.encode())
        file = parse(str(path), path.read_bytes())
        if file.problems:  # lines that look like a missing semicolon
            continue
        compared += 1
        expected = crossplane_tree(path)
        assert without_if_parentheses(ours(file.directives)) == expected, f"{text}\nAUDIT403_SEED={SEED}"
    assert compared > cases(300) / 4
