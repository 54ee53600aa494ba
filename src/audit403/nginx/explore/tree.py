"""The directories and files that a server serves, as requests: one for each class of what decides.

Two files belong to one class when the same location takes them and kind, mode, owner, group, ACL and the way to them
are the same; one of a class is asked, the others are counted.
"""

from collections.abc import Iterator
from typing import NamedTuple

from audit403.core.family import NotAudited
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Absent, AclEntry, Entry, NotCollected, Unreadable
from audit403.files.permission import READ, permitted
from audit403.files.resolve import Resolver
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import search_locations
from audit403.nginx.decide.map_path import Root
from audit403.nginx.explore.ordinary import ordinary_request
from audit403.nginx.explore.places import quoted
from audit403.nginx.explore.subject import PURPOSE_DIRECTORY, PURPOSE_FILE, PURPOSE_HOME
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

MOST_ENTRIES = 200_000
MOST_DIRECTORIES = 20_000
MOST_MEMBERS = 1_000
_SHOWN_DOT_NAMES = (".well-known",)

_Class = tuple[Location | None, str, int, int, int, tuple[AclEntry, ...], str]


class Mount(NamedTuple):
    """A part of the URL space and the directory behind it."""

    url: str
    directory: str


class TreeStart(NamedTuple):
    """One request for a class of entries: what it names, how many share the class, and some of their URLs."""

    target: str
    purpose: str
    path: str
    names: tuple[str, ...]
    places: int
    examples: tuple[str, ...]
    members: tuple[str, ...] = ()


class _Found:
    """One class while it is counted."""

    __slots__ = ("count", "examples", "first", "members", "path")

    def __init__(self, first: str, path: str) -> None:
        self.first, self.path = first, path
        self.count = 0
        self.examples: list[str] = []
        self.members: list[str] = []


def mounts(evaluator: Evaluator, server: Server) -> list[Mount]:
    """Where the server block's URLs lie on disk; roots with variables lie nowhere that can be told beforehand."""
    found: list[Mount] = []
    root = evaluator.root(server)
    if root.directive is not None:
        _add(found, "/", root, "")
    for location in _every(server):
        if location.named or not ({"root", "alias"} & location.own.keys()):
            continue
        own = evaluator.root(location)
        if location.regex is not None:
            if not own.is_alias:
                _add(found, "/", own, "")
        elif own.is_alias:
            _add(found, location.name, own, "")
        else:
            _add(found, location.name, own, location.name)
    return found


def walk(
    evaluator: Evaluator, server: Server, socket: Socket, mount: Mount, missed: list[NotAudited]
) -> Iterator[TreeStart]:
    """The directories of a mount, each once, and one file of every class."""
    resolver = evaluator.files().resolver
    exchange = Exchange(evaluator, ordinary_request(server, socket, "/"), socket, server)
    classes: dict[_Class, _Found] = {}
    visited: set[str] = set()
    pending = [(mount.url if mount.url.endswith("/") else mount.url + "/", mount.directory.rstrip("/") or "/")]
    entries = directories = 0
    while pending:
        url, path = pending.pop()
        found = resolver.evidence.entry(_real(resolver, path))
        real = _real(resolver, path)
        if not isinstance(found, Entry) or found.kind != DIRECTORY or real in visited:
            continue
        visited.add(real)
        directories += 1
        names = resolver.evidence.names(real)
        if isinstance(names, (Absent, NotCollected, Unreadable)):
            missed.append(NotAudited(path, "this directory cannot be listed here"))
            continue
        entries += len(names)
        if entries > MOST_ENTRIES or directories > MOST_DIRECTORIES:
            missed.append(NotAudited(path, f"more than {MOST_ENTRIES} entries or {MOST_DIRECTORIES} directories"))
            break
        purpose = PURPOSE_HOME if url == "/" else PURPOSE_DIRECTORY
        searchable = resolver.search(path).errno == 0
        if not searchable:
            yield _closed(resolver, url, path, real, names)
            continue
        yield TreeStart(quoted(url), purpose, path, names, 1, ())
        for name in names:
            if name.startswith(".") and name not in _SHOWN_DOT_NAMES:
                continue
            _sort_in(exchange, resolver, classes, pending, url, f"{path.rstrip('/')}/{name}", name)
    for found_class in classes.values():
        yield TreeStart(
            quoted(found_class.first),
            PURPOSE_FILE,
            found_class.path,
            (),
            found_class.count,
            tuple(found_class.examples),
            tuple(found_class.members),
        )


def _closed(resolver: Resolver, url: str, path: str, real: str, names: tuple[str, ...]) -> TreeStart:
    """A directory that the worker may not search: asked for is a file behind it that could be read, if there is one."""
    places = len(names) + 1
    for name in names:
        entry = resolver.evidence.entry(f"{real.rstrip('/')}/{name}")
        readable = isinstance(entry, Entry) and entry.kind == FILE and permitted(entry, resolver.identity, READ)
        if readable and not name.startswith("."):
            return TreeStart(quoted(url + name), PURPOSE_FILE, path, names, places, ())
    purpose = PURPOSE_HOME if url == "/" else PURPOSE_DIRECTORY
    return TreeStart(quoted(url), purpose, path, names, places, ())


def _sort_in(
    exchange: Exchange,
    resolver: Resolver,
    classes: dict[_Class, _Found],
    pending: list[tuple[str, str]],
    url: str,
    path: str,
    name: str,
) -> None:
    entry = resolver.evidence.entry(_real_parent(resolver, path))
    if not isinstance(entry, Entry):
        return
    target = url + name
    through = ""
    if entry.kind == LINK:
        followed = resolver.stat(path)
        through = path
        if followed.entry is not None and followed.entry.kind == DIRECTORY:
            pending.append((target + "/", path))
            return
    elif entry.kind == DIRECTORY:
        pending.append((target + "/", path))
        return
    elif entry.kind != FILE:
        return
    exchange.uri = target
    location = search_locations(exchange)
    extension = name.rpartition(".")[2] if "." in name else ""
    key = (location, f"{entry.kind}.{extension}", entry.mode, entry.uid, entry.gid, entry.acl, through)
    found = classes.get(key)
    if found is None:
        found = classes[key] = _Found(target, path)
    found.count += 1
    if len(found.members) < MOST_MEMBERS:
        found.members.append(path)
    if len(found.examples) < 3:
        found.examples.append(target)


def _real(resolver: Resolver, path: str) -> str:
    """The canonical path, walked as root would: what lies behind a closed directory is looked at all the same."""
    from audit403.evidence.links import real_path

    found = real_path(resolver.evidence, path)
    return found if isinstance(found, str) else path


def _real_parent(resolver: Resolver, path: str) -> str:
    parent, _, name = path.rpartition("/")
    return f"{_real(resolver, parent or '/').rstrip('/')}/{name}"


def _every(owner: Server | Location) -> Iterator[Location]:
    for location in owner.tree.all():
        yield location
        yield from _every(location)


def _add(found: list[Mount], url: str, root: Root, suffix: str) -> None:
    literal = root.template.literal
    if literal is not None and url.startswith("/"):
        found.append(Mount(url, literal + suffix))
