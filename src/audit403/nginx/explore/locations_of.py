"""Which location takes each of many names of one directory: as the search for one URI, for all of them at once.

The search trees are gone through once for the directory, and a pattern is held against all names in one match: what
it looks at must then end where the line ends, which `line_patterns` makes sure of. Names and patterns of another kind
are searched for one by one. Truth: `decide/find_location.py`, which the tests hold this against.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from audit403.core.named_tuple import NamedTuple
from audit403.explore.line_patterns import BY_EXTENSION, Lines, compiled
from audit403.http.regex import Regex
from audit403.nginx.model.location import Location, LocationTree

_FEW = 4
"""So many names are searched for one by one."""

_ODD = re.compile(r"[\n\r/]")
"""What no plain name has: the ends of lines, and the slash of a directory's URI."""


class _Plan(NamedTuple):
    """What takes names directly below a URL: patterns in their order, else one location.

    `special` are the names, or beginnings of names, that the configuration writes out.
    """

    regexes: tuple[Location, ...]
    fallback: Location | None
    special: set[str]


class Below:
    """What takes the names directly below a URL, and in all directories below that as well: nothing that is written out
    begins there. `fallback` takes what none of the patterns takes.
    """

    def __init__(self, plan: _Plan, others: Lines) -> None:
        self.fallback = plan.fallback
        self.by_extension: dict[bytes | None, Location | None] = {}
        self._others = others

    def told_apart(self, base: bytes, joined: bytes, end: bytes = b"") -> set[bytes] | None:
        """The names that are told from the others of the same extension, out of some with a NUL around each.

        `end` is put behind each of them. None: they are to be asked one by one.
        """
        return self._others.matched(base, joined, end)


class LocationsOf:
    """Finds the locations of names in directories; `search` finds that of one URI."""

    def __init__(self, tree: LocationTree, search: Callable[[str], Location | None]) -> None:
        self._tree = tree
        self._search = search
        self._written: dict[int, dict[str, set[str]]] = {}
        self._names: tuple[str, ...] | None = None

    def of(self, base: str, names: Sequence[str]) -> list[Location | None]:
        """The location for each URI `base` + name; `base` ends in a slash."""
        if len(names) <= _FEW:
            return [self._search(base + name) for name in names]
        plan = self._plan(self._tree, base)
        found: list[Location | None] = [plan.fallback] * len(names)
        alone: set[int] = set()
        if _ODD.search("".join(names)) is not None:
            alone.update(index for index, name in enumerate(names) if _ODD.search(name) is not None)
        for length in {len(name) for name in plan.special}:
            alone.update(index for index, name in enumerate(names) if name[:length] in plan.special)
        left = [index for index in range(len(names)) if index not in alone]
        for candidate in plan.regexes:
            if not left:
                break
            assert candidate.regex is not None
            taken = _matching(candidate.regex, base, [names[index] for index in left])
            if taken is None:
                alone.update(left)
                break
            if not taken:
                continue
            for position in taken:
                found[left[position]] = candidate
            if candidate.tree.all():
                alone.update(left[position] for position in taken)
            left = [index for position, index in enumerate(left) if position not in taken]
        for index in alone:
            found[index] = self._search(base + names[index])
        return found

    def below(self, base: str) -> Below | None:
        """What takes all that lies below a URL that ends in a slash; None where that is not everywhere the same."""
        if any(name.startswith(base) for name in self._all_written()):
            return None
        plan = self._plan(self._tree, base)
        others: list[tuple[str, bool]] = []
        for one in plan.regexes:
            assert one.regex is not None
            if one.tree.all():
                return None
            if BY_EXTENSION.fullmatch(one.regex.pattern) is None:
                others.append((one.regex.pattern, one.regex.caseless))
        try:
            return Below(plan, Lines(others))
        except ValueError:
            return None

    def _all_written(self) -> tuple[str, ...]:
        """The names that the configuration writes out, at any depth of nesting."""
        if self._names is None:
            pending, found = [self._tree], dict[str, None]()
            while pending:
                tree = pending.pop()
                found.update(dict.fromkeys((*tree.exact, *tree.prefixes, *tree.slashed)))
                pending += (one.tree for one in tree.all())
            self._names = tuple(found)
        return self._names

    def _plan(self, tree: LocationTree, base: str) -> _Plan:
        static = tree.longest_prefix(base)
        special = self._written_in(tree).get(base, set())
        regexes: tuple[Location, ...] = ()
        fallback = static
        if static is not None:
            inner = self._plan(static.tree, base)
            regexes, fallback, special = inner.regexes, inner.fallback or static, special | inner.special
        if static is None or not static.no_regex:
            regexes = (*regexes, *(one for one in tree.regexes if one.regex is not None))
        return _Plan(regexes, fallback, special)

    def _written_in(self, tree: LocationTree) -> dict[str, set[str]]:
        """The last parts of the names that a tree writes out, by what stands before them."""
        known = self._written.get(id(tree))
        if known is None:
            known = self._written[id(tree)] = {}
            for names in (tree.exact, tree.prefixes, tree.slashed):
                for name in names:
                    head, slash, last = name.rpartition("/")
                    if last:
                        known.setdefault(head + slash, set()).add(last)
        return known


def _matching(regex: Regex, base: str, names: list[str]) -> set[int] | None:
    """The positions of the names that a pattern matches; None where they are to be asked one by one."""
    pattern = compiled(regex.pattern, regex.caseless)
    if pattern is None:
        return None
    lines = [(base + name).encode("utf-8", "surrogateescape") for name in names]
    taken: set[int] = set()
    ends: list[int] | None = None
    try:
        for match in pattern.finditer(b"\n".join(lines)):
            if ends is None:
                ends = list(accumulate(len(line) + 1 for line in lines))
            taken.add(bisect_right(ends, match.start()))
    except Exception:  # whatever PCRE has to say is said again where it is asked alone
        return None
    return taken
