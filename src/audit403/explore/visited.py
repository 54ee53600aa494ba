"""Which directories of a tree a walk has looked at: there may be hundreds of thousands, each with a long path."""

from audit403.evidence.links import parent_of


class Visited:
    """Canonical paths. Below the walk's top all were looked at but for what could not be listed, so that only this is
    kept, and the directories to which a link led. What is behind a closed directory is not come to by a link either.
    """

    __slots__ = ("_count", "_led_to", "_left_out", "_top")

    def __init__(self) -> None:
        self._top: str | None = None
        self._count = 0
        self._left_out: set[str] = set()
        self._led_to: set[str] = set()

    def add(self, path: str, *, linked: bool) -> None:
        """A directory that was looked at; `linked` says whether a link was on the way."""
        if linked:
            self._led_to.add(path)
            return
        self._count += 1
        if self._top is None:
            self._top = path

    def leave_out(self, path: str, *, linked: bool) -> None:
        """A directory that could not be looked at, nor what lies in it."""
        if not linked:
            self._left_out.add(path)

    def again(self, path: str, *, linked: bool) -> bool:
        """Whether a directory was looked at before. One to which no link leads is come to once."""
        return linked and (path in self._led_to or self._is_below_top(path))

    def __len__(self) -> int:
        return self._count + len(self._led_to)

    def _is_below_top(self, path: str) -> bool:
        top = self._top
        if top is None or not (path == top or path.startswith("/" if top == "/" else f"{top}/")):
            return False
        while path not in self._left_out:
            if path == top:
                return True
            path = parent_of(path)
        return False
