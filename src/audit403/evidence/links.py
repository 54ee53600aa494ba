"""Where a path leads in an evidence's world, links followed as realpath(3) does and without permission checks.

Sources whose files are not on this machine's disk need it: their own kernel is not there to follow a link for them.
"""

from errno import ELOOP

from audit403.evidence.interface import ABSENT, DIRECTORY, LINK, Absent, Entry, Evidence, NotCollected, Unreadable

MAXIMUM_LINKS = 40


def join(directory: str, name: str) -> str:
    """The path of `name` in `directory`, whose path ends in no slash unless it is the root."""
    return f"/{name}" if directory == "/" else f"{directory}/{name}"


def parent_of(path: str) -> str:
    """The directory that holds the canonical `path`; the root's is the root."""
    return path.rpartition("/")[0] or "/"


def real_path(evidence: Evidence, path: str) -> str | Absent | NotCollected | Unreadable:
    """The canonical path of what `path` leads to."""
    here = "/"
    pending = path.split("/")[::-1]
    links = 0
    while pending:
        name = pending.pop()
        if name in ("", "."):
            continue
        if name == "..":
            here = parent_of(here)
            continue
        child = join(here, name)
        entry = evidence.entry(child)
        if not isinstance(entry, Entry):
            return entry
        if entry.kind == LINK:
            links += 1
            if links > MAXIMUM_LINKS:
                return Unreadable(ELOOP, "Too many levels of symbolic links")
            if not entry.target:
                return NotCollected(f"the target of the link {child} is not known")
            if entry.target.startswith("/"):
                here = "/"
            pending.extend(entry.target.split("/")[::-1])
            continue
        if pending and entry.kind != DIRECTORY:
            return ABSENT
        here = child
    return here


def real_entry_path(evidence: Evidence, path: str) -> str | Absent | NotCollected | Unreadable:
    """The canonical path of the entry at `path` itself: links to its directory are followed, the entry is not."""
    head, _, name = path.rstrip("/").rpartition("/")
    if name in ("", ".", ".."):
        return real_path(evidence, path)
    directory = real_path(evidence, head or "/")
    return join(directory, name) if isinstance(directory, str) else directory
