"""Which directories of a tree were looked at: there may be hundreds of thousands, each with a long path."""


class Visited:
    """Paths by their hashes alone, which Python keys anew for each run: 64 bits take a sixth of what the paths do.

    Of a million paths two have the same with a chance of one in thirty million; the second is then left out.
    """

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def add(self, path: str) -> None:
        """A directory that was looked at, by its canonical path."""
        self._hashes.add(hash(path))

    def __contains__(self, path: str) -> bool:
        return hash(path) in self._hashes

    def __len__(self) -> int:
        return len(self._hashes)
