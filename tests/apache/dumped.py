"""httpd's own tree, as `apache2 -t -D DUMP_CONFIG` prints it, and ours in the same form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from audit403.apache.read.tree import Directive

_LINE = re.compile(rb"# *(\d+):\Z")
_FILE = b"# In file: "


class Row(NamedTuple):
    """One line of the tree: the name in lower case, the arguments, and where httpd says that it stands."""

    depth: int
    name: str
    arguments: str
    file: str
    line: int


def dumped(output: bytes) -> list[Row]:
    """The rows that httpd printed."""
    rows: list[Row] = []
    file, line = "", 0
    for raw in output.split(b"\n"):
        text = raw.lstrip(b" ")
        if not text:
            continue
        if text.startswith(_FILE):
            file = text.removeprefix(_FILE).decode("utf-8", "surrogateescape")
        elif found := _LINE.match(text):
            line = int(found[1])
        elif not text.startswith(b"</"):
            depth = (len(raw) - len(text)) // 2
            name, _, arguments = text.decode("utf-8", "surrogateescape").partition(" ")
            rows.append(Row(depth, name.lower(), arguments, file, line))
    return rows


def rows_of(directives: list[Directive]) -> list[Row]:
    """Our tree in the same form."""
    rows: list[Row] = []
    pending = [(0, directive) for directive in reversed(directives)]
    while pending:
        depth, directive = pending.pop()
        name = directive.written.lower()
        rows.append(Row(depth, name, directive.arguments, *directive.stated))
        pending += [(depth + 1, inner) for inner in reversed(directive.block or [])]
    return rows
