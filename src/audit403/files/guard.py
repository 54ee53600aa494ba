"""What decides beside modes whether a process may use an entry: file systems of their own mind, security modules.

A resolver asks its guards after the modes, as the kernel does in inode_permission(): the modes' refusal comes first.
"""

from typing import Protocol

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import Entry


class Kept(NamedTuple):
    """A guard refuses with `errno`; `by` is what kind of guard it is and `why` its reason, in words."""

    errno: int
    by: str
    why: str


Verdict = Kept | Missing | None
"""Missing: what the guard says is not known. None: it leaves it to the modes."""


class Guard(Protocol):
    """One of them, for one process."""

    @property
    def apart(self) -> frozenset[str]:
        """Files of which it says something else than of others with the same owner and mode beside them."""
        ...

    def may_see(self, path: str) -> Verdict:
        """Whether the entry can be looked at, as stat(2) does once its directory has been searched."""
        ...

    def may_stat(self, path: str, entry: Entry) -> Verdict:
        """Whether what a walk ends at can be looked at."""
        ...

    def may_use(self, path: str, entry: Entry, bits: int, granted: bool) -> Verdict:
        """Whether it grants READ, WRITE or EXECUTE, of which the modes say `granted`."""
        ...

    def may_follow(self, path: str, link: Entry) -> Verdict:
        """Whether the link is followed."""
        ...


class NoGuard:
    """The base of guards: leaves everything to the modes."""

    @property
    def apart(self) -> frozenset[str]:
        """None that it knows of by its path."""
        return frozenset()

    def may_see(self, path: str) -> Verdict:
        """As the modes of its directory say."""
        return None

    def may_stat(self, path: str, entry: Entry) -> Verdict:
        """As the modes of its directory say."""
        return None

    def may_use(self, path: str, entry: Entry, bits: int, granted: bool) -> Verdict:
        """As its own modes say."""
        return None

    def may_follow(self, path: str, link: Entry) -> Verdict:
        """As ever."""
        return None


class Guards(NoGuard):
    """Several of them: the first that has something to say is heard."""

    def __init__(self, guards: tuple[Guard, ...]) -> None:
        self._guards = guards

    @property
    def apart(self) -> frozenset[str]:
        """Those of each."""
        return frozenset(path for guard in self._guards for path in guard.apart)

    def may_see(self, path: str) -> Verdict:
        """What the first of them says that says anything."""
        return next((said for guard in self._guards if (said := guard.may_see(path)) is not None), None)

    def may_stat(self, path: str, entry: Entry) -> Verdict:
        """What the first of them says that says anything."""
        return next((said for guard in self._guards if (said := guard.may_stat(path, entry)) is not None), None)

    def may_use(self, path: str, entry: Entry, bits: int, granted: bool) -> Verdict:
        """What the first of them says that says anything."""
        answers = (guard.may_use(path, entry, bits, granted) for guard in self._guards)
        return next((said for said in answers if said is not None), None)

    def may_follow(self, path: str, link: Entry) -> Verdict:
        """What the first of them says that says anything."""
        return next((said for guard in self._guards if (said := guard.may_follow(path, link)) is not None), None)
