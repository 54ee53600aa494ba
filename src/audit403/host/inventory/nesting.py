"""Groups in groups: what is above what, how deep, and whether they form a circle."""

from collections.abc import Iterable, Mapping

from audit403.core.errors import BadUsage

_MOST_PAIRS = 2_000_000


class Nesting:
    """Of groups and the groups below each. Raises BadUsage where one is below itself."""

    def __init__(self, children: Mapping[str, Iterable[str]]) -> None:
        parents: dict[str, list[str]] = {name: [] for name in children}
        for name, below in children.items():
            for child in below:
                parents[child].append(name)
        self._above: dict[str, frozenset[str]] = {}
        self._depth: dict[str, int] = {}
        self._of_several: dict[tuple[str, ...], frozenset[str]] = {}
        pairs = 0
        for name in _outer_first(children, parents):
            self._depth[name] = max((self._depth[parent] + 1 for parent in parents[name]), default=0)
            self._above[name] = frozenset((name,)).union(*(self._above[parent] for parent in parents[name]))
            pairs += len(self._above[name])
            if pairs > _MOST_PAIRS:
                raise BadUsage("its groups are nested too deep")

    def above(self, names: Iterable[str]) -> frozenset[str]:
        """These groups and all that they are in."""
        key = tuple(names)
        found = self._of_several.get(key)
        if found is None:
            found = self._of_several[key] = frozenset[str]().union(*(self._above[name] for name in key))
        return found

    def depth(self, name: str) -> int:
        """The longest way down to a group."""
        return self._depth[name]


def _outer_first(children: Mapping[str, Iterable[str]], parents: Mapping[str, list[str]]) -> list[str]:
    """The groups, each behind all that it is in."""
    left = {name: len(above) for name, above in parents.items()}
    ordered = [name for name, count in left.items() if not count]
    for name in ordered:
        for child in children[name]:
            left[child] -= 1
            if not left[child]:
                ordered.append(child)
    if len(ordered) < len(left):
        raise BadUsage(f"its groups form a circle: {' in '.join(_circle(parents, left))}")
    return ordered


def _circle(parents: Mapping[str, list[str]], left: Mapping[str, int]) -> list[str]:
    """A group that is in itself, with what is between; each of those that are left is in another one of them."""
    name = next(name for name, count in left.items() if count)
    way: dict[str, None] = {}
    while name not in way:
        way[name] = None
        name = next(parent for parent in parents[name] if left[parent])
    names = list(way)
    return [*names[names.index(name) :], name]
