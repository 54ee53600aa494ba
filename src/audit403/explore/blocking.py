"""The files and directories that refuse: those of one kind are one refusal, which names them all.

A folder of uploads that nobody may read is one fault and not a thousand, and its fix is for all of them.
"""

from collections.abc import Callable, Collection
from typing import Protocol

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace
from audit403.evidence.interface import Evidence
from audit403.evidence.links import parent_of, real_path
from audit403.explore.asked import Asked
from audit403.explore.ordinary import quoted
from audit403.explore.subject import PURPOSE_HIDDEN, PURPOSE_PROBE, Blocked, telling

DIRECTORY_CAUSES = ("ancestor-not-searchable", "directory-unreadable")
FILE_CAUSE = "file-unreadable"
MOST_MEMBERS = 1_000
_CAUSES = (*DIRECTORY_CAUSES, FILE_CAUSE)

Key = tuple[object, ...]


def of_one_kind(cause: str, where: PathPlace) -> tuple[str, object]:
    """What two refusing entries have in common that are one refusal: for other causes they must be the same entry.

    Directories lie beside each other; whether it is searching or reading that one refuses, it is the same mode.
    """
    if cause in DIRECTORY_CAUSES:
        return "blocked", (parent_of(where.path), where.mode, where.owner, where.group)
    if cause == FILE_CAUSE:
        return cause, (where.mode, where.owner, where.group)
    return cause, where


class Mounted(Protocol):
    """A directory behind a part of the URLs."""

    @property
    def directory(self) -> str:
        """Its path."""

    def file_uri(self, below: str) -> str | None:
        """The URI of a file below it."""
        ...


class TreeStart(NamedTuple):
    """One request for a class of entries: what it names, how many share the class, and some of their URLs."""

    target: str
    purpose: str
    path: str
    names: Collection[str]
    places: int
    examples: tuple[str, ...]
    members: tuple[str, ...] = ()
    mount: Mounted | None = None

    def url_of(self, member: str) -> str | None:
        """The URL of one of the members."""
        if self.mount is None:
            return None
        below = member[len(self.mount.directory.rstrip("/")) + 1 :]
        uri = self.mount.file_uri(below)
        return None if uri is None else quoted(uri)


class Blocking:
    """Gathers the entries of each refusal, by their canonical paths: a walk comes to some of them through links."""

    def __init__(self, evidence: Callable[[], Evidence]) -> None:
        self._evidence = evidence
        self._entries: dict[Key, dict[str, Blocked]] = {}

    def note(self, key: Key, purpose: str, target: str, asked: Asked, entries: TreeStart | None) -> None:
        """Take in the entry that refused a request, and those that share its fate; `target` was asked for first."""
        request, decision, depth = asked
        where = decision.where
        if decision.cause not in _CAUSES or not isinstance(where, PathPlace) or purpose == PURPOSE_HIDDEN:
            return
        is_seen_as_is = entries is not None and entries.path == where.path
        itself = entries is not None and depth == 0 and (is_seen_as_is or self._real(entries.path) == where.path)
        purpose = purpose if request.target == target else PURPOSE_PROBE
        places = entries.places if entries is not None and itself and decision.cause != FILE_CAUSE else 1
        self._take(key, Blocked(where.path, request.target, places, purpose))
        if entries is not None and itself and decision.cause == FILE_CAUSE:
            for member in entries.members:
                url = entries.url_of(member)
                path = member if is_seen_as_is else self._real(member)
                if url is not None and path is not None and not self._take(key, Blocked(path, url, 1, purpose)):
                    break

    def _real(self, path: str) -> str | None:
        """Where a path leads, links followed; None where that is not known."""
        found = real_path(self._evidence(), path)
        return found if isinstance(found, str) else None

    def _take(self, key: Key, blocked: Blocked) -> bool:
        """Take in one entry; False where there are too many. Of two requests for it the more telling is kept."""
        known = self._entries.setdefault(key, {})
        before = known.get(blocked.path)
        if before is None:
            if len(known) >= MOST_MEMBERS:
                return False
            known[blocked.path] = blocked
            return True
        best = min(before, blocked, key=lambda one: telling(one.purpose))
        known[blocked.path] = best._replace(places=max(before.places, blocked.places))
        return True

    def of(self, key: Key) -> tuple[Blocked, ...]:
        """The entries of a refusal, the most telling first."""
        return tuple(sorted(self._entries.get(key, {}).values(), key=lambda one: telling(one.purpose)))
