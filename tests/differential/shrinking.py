"""Cuts a configuration down while something about it stays true."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def shrunk(
    conf: str, still: Callable[[str], bool], ranges: Callable[[bytes], Iterable[tuple[int, int]]], trials: int
) -> str:
    """The configuration without every statement that it can do without; large ones are tried first.

    `ranges` gives the byte ranges of the statements that may go.
    """
    changed = True
    while changed and trials > 0:
        changed = False
        data = conf.encode("utf-8", "surrogateescape")
        for start, end in sorted(ranges(data), key=lambda each: each[0] - each[1]):
            trials -= 1
            smaller = (data[:start] + data[end:]).decode("utf-8", "surrogateescape")
            if trials > 0 and still(smaller):
                conf, changed = smaller, True
                break
    return conf
