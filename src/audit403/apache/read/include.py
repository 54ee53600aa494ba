"""Which files an Include reads: the truth is ap_dir_nofnmatch and ap_dir_fnmatch in server/util.c.

A directory stands for all files below it, a pattern for what it matches, both in the order of the bytes of the names.
Where Include finds nothing httpd does not start; IncludeOptional then reads nothing.
"""

from collections.abc import Iterator

from audit403.apache.fnmatch import is_pattern, matches
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import DIRECTORY, Absent, Entry, Evidence, NotCollected, Unreadable
from audit403.evidence.links import real_entry_path, real_path

#: AP_MAX_FNMATCH_DIR_DEPTH in server/util.c.
DEEPEST_DIRECTORY = 128
#: How many directories one Include may look into; links that lead round in circles have httpd look into no end of them.
MOST_DIRECTORIES = 1_000
_TOO_MANY = f"it is not followed to its end: it leads into more than {MOST_DIRECTORIES:,} directories"


class Found(NamedTuple):
    """What an Include reads: a file's path, or a problem and its kind (`include` stops httpd)."""

    path: str = ""
    problem: str = ""
    kind: str = "include"


def files_of(evidence: Evidence, path: str, optional: bool, *, trust_links: bool = False) -> Iterator[Found]:
    """The files that `Include path` reads, in httpd's order; `path` is absolute.

    With `trust_links` a link that leads to nothing is taken to lead somewhere on the machine that it was made for.
    """
    search = _Search(evidence, optional, trust_links)
    if is_pattern(path):
        yield from search.matching("/", path.lstrip("/").split("/"))
    else:
        yield from search.below(path, 0)


class _Search:
    def __init__(self, evidence: Evidence, optional: bool, trust_links: bool) -> None:
        self.evidence = evidence
        self.optional = optional
        self.trust_links = trust_links
        self.directories = 0

    def below(self, path: str, depth: int) -> Iterator[Found]:
        """The file at `path`, or all files below it."""
        kind = self._kind(path)
        if kind == DIRECTORY:
            if depth >= DEEPEST_DIRECTORY:
                error = f'the directory "{path}" lies more than {DEEPEST_DIRECTORY} directories deep: a loop?'
                yield Found(problem=error)
                return
            names = self._names(path)
            if isinstance(names, Found):
                yield names
                return
            for name in names:
                yield from self.below(_within(path, name), depth + 1)
        elif kind is not None or not self.optional or (self.trust_links and self._is_there(path)):
            yield Found(path)

    def matching(self, directory: str, parts: list[str]) -> Iterator[Found]:
        """What the rest of a pattern matches below a directory."""
        part, rest = parts[0], parts[1:]
        if not is_pattern(part):
            path = _within(directory, part)
            yield from self.matching(path, rest) if rest else self.below(path, 0)
            return
        names = self._names(directory)
        if isinstance(names, Found):
            if names.kind != "include" or not (self.optional and self._is_missing(directory)):
                yield names
            return
        found = [name for name in names if matches(part, name, period=True)]
        if rest:
            found = [name for name in found if self._is_directory(_within(directory, name))]
        if not found and not self.optional:
            yield Found(problem=f'nothing in "{directory}" matches "{part}"')
        for name in found:
            path = _within(directory, name)
            yield from self.matching(path, rest) if rest else self.below(path, 0)

    def _names(self, path: str) -> tuple[str, ...] | Found:
        self.directories += 1
        if self.directories > MOST_DIRECTORIES:
            return () if self.directories > MOST_DIRECTORIES + 1 else Found(problem=_TOO_MANY, kind="limit")
        real = real_path(self.evidence, path)
        names = self.evidence.names(real) if isinstance(real, str) else real
        if isinstance(names, Absent):
            return Found(problem=f'the directory "{path}" does not exist')
        if isinstance(names, NotCollected):
            return Found(problem=f'the directory "{path}" cannot be listed: {names.reason}', kind="not-collected")
        if isinstance(names, Unreadable):
            return Found(problem=f'the directory "{path}" cannot be opened: {names.message}')
        return names

    def _is_missing(self, path: str) -> bool:
        """Whether nothing is there (ENOENT), and not because a file stands in the way (ENOTDIR)."""
        if not isinstance(real_path(self.evidence, path), Absent):
            return False
        while path.strip("/"):
            path = path.rstrip("/").rpartition("/")[0] or "/"
            real = real_path(self.evidence, path)
            if isinstance(real, str):
                return self._kind(real) == DIRECTORY
        return True

    def _kind(self, path: str) -> str | None:
        """The kind of what `path` leads to, links followed; None where nothing is or can be seen."""
        real = real_path(self.evidence, path)
        entry = self.evidence.entry(real) if isinstance(real, str) else real
        return entry.kind if isinstance(entry, Entry) else None

    def _is_directory(self, path: str) -> bool:
        """Whether a directory itself lies there: inside a pattern httpd follows no links."""
        entry = self._entry(path)
        return entry is not None and entry.kind == DIRECTORY

    def _is_there(self, path: str) -> bool:
        return self._entry(path) is not None

    def _entry(self, path: str) -> Entry | None:
        where = real_entry_path(self.evidence, path)
        entry = self.evidence.entry(where) if isinstance(where, str) else where
        return entry if isinstance(entry, Entry) else None


def _within(directory: str, name: str) -> str:
    """ap_make_full_path."""
    return directory + name if directory.endswith("/") else f"{directory}/{name}"
