"""Cuts a configuration of httpd down while something about it stays true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.apache.read.configuration import parse_htaccess
from audit403.apache.read.process import Process
from audit403.apache.read.tree import every_directive

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIALS = 120
_KEPT = frozenset(("listen", "limitinternalrecursion"))


def shrink(conf: str, still: Callable[[str], bool]) -> str:
    """The configuration without every directive that it can do without; large ones are tried first."""
    trials = _TRIALS
    changed = True
    process = Process()
    process.lenient = True
    while changed and trials > 0:
        changed = False
        data = conf.encode("utf-8", "surrogateescape")
        found = every_directive(parse_htaccess("body", data, process).directives)
        ranges = [(item.start, item.end) for item in found if item.name not in _KEPT]
        for start, end in sorted(ranges, key=lambda each: each[0] - each[1]):
            trials -= 1
            smaller = (data[:start] + data[end:]).decode("utf-8", "surrogateescape")
            if trials > 0 and still(smaller):
                conf, changed = smaller, True
                break
    return conf
