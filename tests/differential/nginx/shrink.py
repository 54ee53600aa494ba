"""Cuts a configuration of nginx down while something about it stays true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.source import every_directive
from audit403.nginx.read.parse import parse
from differential.shrinking import shrunk

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIALS = 150
_KEPT = frozenset(("listen", "user", "pid", "events", "http"))  # without `listen` nginx would take port 80


def shrink(conf: str, still: Callable[[str], bool]) -> str:
    """The configuration without every statement that it can do without."""
    return shrunk(conf, still, _ranges, _TRIALS)


def _ranges(data: bytes) -> list[tuple[int, int]]:
    found = every_directive(parse("nginx.conf", data).directives)
    return [(item.start, item.end) for item in found if item.name not in _KEPT]
