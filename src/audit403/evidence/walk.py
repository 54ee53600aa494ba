"""The files below a folder that may be some kind of configuration."""

from collections.abc import Callable

from audit403.evidence.interface import (
    DIRECTORY,
    FILE,
    LINK,
    Absent,
    Entry,
    Evidence,
    NotCollected,
    Unreadable,
    reason_of,
)
from audit403.evidence.links import join

MOST_ENTRIES = 200_000
_SKIPPED_FOLDERS = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "vendor"})


def files_below(
    folder: str, evidence: Evidence, wanted: Callable[[str, str], bool], not_read: list[tuple[str, str]]
) -> list[str]:
    """The files and links for whose folder and name `wanted` says yes; links to directories are not followed.

    What cannot be looked at is added to `not_read` with its reason.
    """
    found: list[str] = []
    pending = [folder]
    entries = 0
    while pending:
        directory = pending.pop()
        names = evidence.names(directory)
        if isinstance(names, Absent | NotCollected | Unreadable):
            not_read.append((directory, reason_of(names)))
            continue
        below = []
        for name in names:
            path = join(directory, name)
            entry = evidence.entry(path)
            entries += 1
            if isinstance(entry, NotCollected):
                not_read.append((path if wanted(directory, name) else directory, entry.reason))
            if not isinstance(entry, Entry):
                continue
            if entry.kind == DIRECTORY and name not in _SKIPPED_FOLDERS:
                below.append(path)
            elif entry.kind in (FILE, LINK) and wanted(directory, name):
                found.append(path)
        pending.extend(reversed(below))
        if entries > MOST_ENTRIES:
            not_read.append((folder, f"it has more than {MOST_ENTRIES:,} entries: the rest was not looked at"))
            break
    return found
