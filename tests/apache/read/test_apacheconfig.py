"""apacheconfig and ours: the same statements on the same lines, and every byte accounted for.

Its writable tree is byte-exact; what it takes for a comment in the middle of a line is put back (the repair that
../shared/facts/apache.md describes), and what it is known to misread is not generated.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apacheconfig import flavors, make_loader

from audit403.apache.read.parse import ParsedFile, parse
from servers.shared_cases import CASES

#: Files on this machine: Debian's configuration, and the rules of ModSecurity with their long continued lines.
FOLDERS = ("/etc/apache2", "/etc/modsecurity", "/usr/share/modsecurity-crs")
_CONTINUATION = re.compile(r"\\\r?\n")


@pytest.fixture(scope="module")
def theirs() -> Iterator[Callable[[str], Any]]:
    """The other reader's tree of a text; one loader for the whole run, because two disturb each other."""
    with make_loader(writable=True, **{**flavors.NATIVE_APACHE, "ccomments": False}) as loader:
        yield loader.loads


def real_files() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    found += sorted(CASES.rglob("*.conf")) + sorted(CASES.rglob(".htaccess"))
    return [path for path in found if path.suffix in (".conf", ".load") or path.name == ".htaccess"]


def test_real_files(theirs: Callable[[str], Any]) -> None:
    compared = 0
    for path in real_files():
        text = path.read_bytes().decode("latin-1")
        if "nginx" in str(path) or "server {" in text or not text.strip():
            continue
        file = parse(str(path), path.read_bytes())
        assert file.problems == []
        assert_every_byte_is_accounted_for(file)
        tree = theirs(text)
        assert tree.dump() == text, path
        assert ours_of(file) == list(statements(tree)), path
        compared += 1
    assert compared > 100


def test_generated_files(theirs: Callable[[str], Any], rng: random.Random, cases: Callable[[int], int]) -> None:
    for _ in range(cases(150)):
        text = generated(rng)
        file = parse("generated", text.encode())
        assert_every_byte_is_accounted_for(file)
        tree = theirs(text)
        assert tree.dump() == text
        assert ours_of(file) == list(statements(tree)), text


def assert_every_byte_is_accounted_for(file: ParsedFile) -> None:
    """Between the lines and the comments there are but spaces and the backslashes that join blank lines."""
    ranges = sorted([(start, end) for _, start, end, _ in file.lines.lines] + file.comments)
    position = 0
    for start, end in [*ranges, (len(file.source.data), len(file.source.data))]:
        gap = _CONTINUATION.sub("", file.source.text[position:start])
        assert gap.strip(" \t\n\v\f\r") == "", (file, position, start)
        assert start <= end
        position = end


def ours_of(file: ParsedFile) -> list[tuple[int, str]]:
    """Our lines, each with the number of its first line in the file."""
    found = []
    for _, start, end, _ in file.lines.lines:
        joined = file.lines.joined.get(start)
        text = file.source.text[start:end] if joined is None else joined.text
        found.append((file.source.position(start)[0], text))
    return found


def statements(tree: Any) -> Iterator[tuple[int, str]]:
    """Their statements, tags among them, with the same numbers."""
    line = 1

    def walk(nodes: Any) -> Iterator[tuple[int, str]]:
        nonlocal line
        nodes = list(nodes)
        for index, node in enumerate(nodes):
            line += node.whitespace.count("\n")
            if node.typestring == "block":
                tag = f"<{node._full_tag.dump()}>"
                yield line, _CONTINUATION.sub("", tag)
                line += tag.count("\n")
                yield from walk(node)
                line += node.trailing_whitespace.count("\n")
                yield line, f"</{node._close_tag}>"
                continue
            text = node.dump()[len(node.whitespace) :]
            if node.typestring == "comment":
                if not _is_in_a_line(nodes, index):
                    line += text.count("\n")
                continue
            following = nodes[index + 1] if index + 1 < len(nodes) else None
            whole = text + (following.dump() if following is not None and _is_in_a_line(nodes, index + 1) else "")
            yield line, _CONTINUATION.sub("", whole).strip(" \t\n\v\f\r")
            line += whole.count("\n")

    yield from walk(tree)


def _is_in_a_line(nodes: list[Any], index: int) -> bool:
    """Whether a comment stands behind a statement on its line: httpd knows no such comments."""
    node = nodes[index]
    return (
        index > 0
        and node.typestring == "comment"
        and nodes[index - 1].typestring == "statement"
        and "\n" not in node.whitespace
    )


def generated(rng: random.Random) -> str:
    """A file without what the other reader misreads: `=`, `#` in tags, odd closing tags, spaces behind `\\`."""
    lines: list[str] = []

    def block(depth: int) -> None:
        for _ in range(rng.randint(1, 6)):
            indent = rng.choice(["", "  ", "\t" * depth])
            choice = rng.random()
            if choice < 0.15:
                lines.append(indent + rng.choice(["# note", "#", "## <not a tag>", ""]))
            elif choice < 0.4 and depth < 4:
                name = rng.choice(["Directory", "IfModule", "Files", "If"])
                lines.append(f"{indent}<{name} {rng.choice(['/a', 'mod_x.c', '!x', chr(34) + 'b c' + chr(34)])}>")
                block(depth + 1)
                lines.append(f"{indent}</{name}>")
            else:
                words = rng.choices(["a", "b-1", '"c d"', "%{X}e", "^x$", "\\\n    more", "#tail", "[R,L]"], k=3)
                lines.append(f"{indent}{rng.choice(['Require', 'RewriteRule', 'SetEnv'])} {' '.join(words)}")

    block(0)
    return "\n".join(lines) + "\n"
