"""What the kernel itself said of the trees that a worker serves: which entries it does not let the worker use.

Only a live audit with root's rights has it, and only of one worker's mounts, ids, groups and capabilities.
"""

from collections.abc import Iterable

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.links import parent_of

READABLE, SEARCHABLE = 4, 1
"""What was asked of an entry, with the numbers of access(2)."""


class KernelAnswer(NamedTuple):
    """The answers for the worker `pid` with these groups: all below `roots` was asked about, and whether `ways` can be
    searched. `refused` has what the kernel refuses, READABLE, SEARCHABLE or both; 0 is what was not looked into.

    `changed` are paths of which it is no longer true. Where nothing was asked, `lacking` says why.
    """

    pid: int
    groups: frozenset[int]
    roots: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    refused: tuple[tuple[str, int], ...] = ()
    changed: frozenset[str] = frozenset()
    lacking: str | None = None

    def without(self, paths: Iterable[str]) -> "KernelAnswer":
        """The same after a change of some entries."""
        return self._replace(changed=self.changed | frozenset(paths))


class KernelAnswers:
    """One answer, ready to be asked; `points` are the mounts below its roots, which were not looked into."""

    def __init__(self, answer: KernelAnswer, points: Iterable[str]) -> None:
        self._refused = dict(answer.refused)
        self._ways = frozenset(answer.ways)
        self._roots = tuple(f"{root.rstrip('/')}/" for root in answer.roots)
        self._changed = answer.changed
        self._points = tuple(f"{point.rstrip('/')}/" for point in points if f"{point}/".startswith(self._roots))
        self._reached: dict[str, bool] = {}

    @property
    def refused(self) -> frozenset[str]:
        """What it refuses anything of, as it was."""
        return frozenset(path for path, said in self._refused.items() if said and path not in self._changed)

    def refuses(self, path: str, wanted: int) -> bool | None:
        """Whether the kernel refuses READABLE or SEARCHABLE of a file or directory; None where it was not asked."""
        if path in self._changed:
            return None
        place = f"{path.rstrip('/')}/"
        is_asked = place.startswith(self._roots) and not place.startswith(self._points)
        if not is_asked and (wanted != SEARCHABLE or path not in self._ways):
            return None
        said = self._refused.get(path)
        if said is not None:
            return bool(said & wanted) if said else None
        return False if path == "/" or self._is_reached(parent_of(path)) else None

    def _is_reached(self, directory: str) -> bool:
        """Whether the way to what lies in a directory was open when the kernel was asked."""
        known = self._reached.get(directory)
        if known is None:
            above = directory == "/" or self._is_reached(parent_of(directory))
            said = self._refused.get(directory)
            # A way need not be readable; of a tree, find does not go into what cannot be.
            shut = said is not None and (said & SEARCHABLE or said == 0 or f"{directory}/".startswith(self._roots))
            known = self._reached[directory] = above and not shut
        return known
