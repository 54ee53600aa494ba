"""Directories near one that has no index, in which the site may lie instead."""

from collections.abc import Collection, Iterator
from itertools import islice

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import DIRECTORY, FILE, Absent, Entry, Evidence, NotCollected, Unreadable
from audit403_checks.files.kinds import is_public

_SERVED = (
    *("public", "dist", "build", "web", "public_html", "htdocs", "html", "www", "docroot", "webroot", "pub", "site"),
)
"""Folders that applications and panels are served from."""
_RELEASES = ("current", "live", "release", "latest")
_PARTS = ("assets", "build", "css", "images", "img", "js", "media", "static", "styles")
"""Folders that are a part of a site."""
_MOST_FOLDERS = 20
_BESIDE_IT = ("readme", "license", "changelog", "docker", "makefile", "package", "composer")


class Place(NamedTuple):
    """A directory that has the index, and where it lies as seen from the one that has none."""

    path: str
    words: str
    as_alias: bool = False


def places_with(
    evidence: Evidence, path: str, names: Collection[str], own_names: list[str], wanted: set[str]
) -> list[Place]:
    """The directories near a path that have an index: below it, above a part of a site, or beside it under its name.

    `names` is what lies at the path, `own_names` are those of the server, after which folders are called.
    """
    places = _near(evidence, path.rstrip("/"), names, own_names)
    return [place for place in places if wanted & set(names_at(evidence, place.path))]


def names_at(evidence: Evidence, path: str) -> tuple[str, ...]:
    """What lies in a directory, as far as that is known."""
    found = evidence.names(path or "/")
    return () if isinstance(found, Absent | NotCollected | Unreadable) else found


def first_file_below(evidence: Evidence, directory: str) -> str | None:
    """The path, below a directory, of the nearest file in it or in its folders; one for visitors where there is any."""
    own, other = directory.rstrip("/"), None
    pending = [own]
    for folder in islice(_each(pending), _MOST_FOLDERS):
        for name in sorted(names_at(evidence, folder)):
            path = f"{folder}/{name}"
            entry = None if name.startswith(".") else evidence.entry(path)
            if isinstance(entry, Entry) and entry.kind == DIRECTORY:
                pending.append(path)
            elif isinstance(entry, Entry) and entry.kind == FILE:
                if is_public(name):
                    return path[len(own) + 1 :]
                other = other or path[len(own) + 1 :]
    return other


def _each(pending: list[str]) -> Iterator[str]:
    """What is put behind while it is gone through comes as well."""
    while pending:
        yield pending.pop(0)


def with_bare_names(names: list[str]) -> list[str]:
    """The names of a server, also without their `www.`."""
    return list(dict.fromkeys((*names, *(name.removeprefix("www.") for name in names))))


def _near(evidence: Evidence, path: str, names: Collection[str], own_names: list[str]) -> Iterator[Place]:
    for folder in _SERVED:
        if folder in names:
            yield Place(f"{path}/{folder}", "one folder deeper")
    telling = [name for name in (*_RELEASES, *own_names) if name in names and not name.startswith(".")]
    lone = [*islice((name for name in names if not name.lower().startswith((".", *_BESIDE_IT))), 2)]
    for folder in dict.fromkeys((*telling, *(lone if len(lone) == 1 else ()))):
        yield Place(f"{path}/{folder}", "one folder deeper")
        for inner in _SERVED:
            yield Place(f"{path}/{folder}/{inner}", "two folders deeper")
    parent, _, last = path.rpartition("/")
    if last in _PARTS:
        yield Place(parent, "one folder higher")
    for name in own_names:
        if name != last and name in names_at(evidence, parent):
            yield Place(f"{parent}/{name}", "beside it")
            for inner in _SERVED:
                yield Place(f"{parent}/{name}/{inner}", "beside it")
