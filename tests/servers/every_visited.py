"""What a walk remembers of directories in the plainest way: every path. The frugal way is held against it."""

from __future__ import annotations

from errno import EACCES
from typing import TYPE_CHECKING

from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import Absent, NotCollected, Unreadable
from audit403.evidence.overlay import Overlay

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterable

    from audit403.core.edit import Edit
    from audit403.evidence.interface import Evidence

_SOME = 0.2


class EveryVisited:
    """A stand-in for `explore.visited.Visited`; `met` counts the directories that were come to again."""

    met = 0

    def __init__(self) -> None:
        self._paths: set[str] = set()

    def add(self, path: str, *, linked: bool) -> None:
        self._paths.add(path)

    def leave_out(self, path: str, *, linked: bool) -> None:
        pass

    def again(self, path: str, *, linked: bool) -> bool:
        EveryVisited.met += path in self._paths
        return path in self._paths

    def __len__(self) -> int:
        return len(self._paths)


class PartlyListed(Forwarding):
    """The same world where some directories cannot be listed, as an ordinary user meets it."""

    def __init__(self, inner: Evidence, rng: random.Random, unlisted: Collection[str] | None = None) -> None:
        super().__init__(inner)
        self._random, self._fixed = rng, unlisted is not None
        self._unlisted = dict.fromkeys(unlisted or (), True)

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        return Overlay(self, edits)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        if path.startswith("/w/") and not self._fixed:
            self._unlisted.setdefault(path, self._random.random() < _SOME)
        if self._unlisted.get(path):
            return Unreadable(EACCES, "Permission denied")
        return self._inner.names(path)
