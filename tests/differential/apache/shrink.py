"""Cuts a configuration of httpd down while something about it stays true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.apache.read.commands import httpds_modules
from audit403.apache.read.configuration import parse_htaccess
from audit403.apache.read.modules import Modules
from audit403.apache.read.process import Process
from audit403.core.source import every_directive
from differential.shrinking import shrunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit403.apache.read.tree import Directive

_TRIALS = 120
_KEPT = frozenset(("listen", "limitinternalrecursion"))


def shrink(conf: str, still: Callable[[str], bool]) -> str:
    """The configuration without every directive that it can do without."""
    return shrunk(conf, still, _ranges, _TRIALS)


def directives_of(data: bytes) -> list[Directive]:
    """The directives of a body, also those that need a module that is not there."""
    process = Process(modules=Modules(httpds_modules()))
    process.lenient = True
    return parse_htaccess("body", data, process).directives


def _ranges(data: bytes) -> list[tuple[int, int]]:
    found = every_directive(directives_of(data))
    return [(item.start, item.end) for item in found if item.name not in _KEPT]
