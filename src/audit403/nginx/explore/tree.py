"""The directories and files that a server serves, as requests: one for each class of what decides.

Two files belong to one class when the same location takes them and kind, extension, mode, owner, group, ACL and the
way to them are the same; one of a class is asked, the others are counted. Directories far down that hold nothing like
a page are classes too.
"""

from collections import deque
from collections.abc import Iterator

from audit403.core.family import NotAudited
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Absent, Entry, NotCollected, Unreadable
from audit403.evidence.links import join, real_path
from audit403.explore.alike_names import (
    Gathered,
    Inside,
    Open,
    Telling,
    a_name,
    by_directory,
    dot_names,
    extensions,
    hidden_by_name,
    inside_of,
    without,
)
from audit403.explore.blocking import TreeStart
from audit403.explore.classes import (
    APART,
    AT_ONCE,
    MOST_ENTRIES,
    Class,
    Classes,
    hides,
    limit_reached,
    permissions,
    purpose_of,
)
from audit403.explore.joined_names import bytes_of, names_of, text_of
from audit403.explore.ordinary import quoted
from audit403.explore.subject import PURPOSE_DIRECTORY, PURPOSE_FILE, PURPOSE_HIDDEN
from audit403.explore.visited import Visited
from audit403.files.permission import EXECUTE, READ, permitted
from audit403.files.resolve import Resolution, Resolver
from audit403.http.regex import MatchFailed
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import search_locations
from audit403.nginx.explore.doors import Door, visit
from audit403.nginx.explore.locations_of import Below, LocationsOf
from audit403.nginx.explore.mounts import Mount
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server

MOST_LINKS = 500
_NO_FILE = 2


class _Directory(NamedTuple):
    """A directory that is still to be looked at.

    `entry` is its own where the worker comes to the one above and no link was on the way: `path` is canonical then.
    `under` is what takes all that lies in the one above, where that is the same for all; `alike` says that nothing
    tells it apart from those beside it.
    """

    below: str
    path: str
    hidden: bool
    linked: bool
    entry: Entry | None = None
    under: Below | None = None
    alike: bool = False


def walk(
    evaluator: Evaluator, server: Server, door: Door, mount: Mount, missed: list[NotAudited]
) -> Iterator[TreeStart]:
    """The directories of a mount and one file of every class."""
    return _Walk(evaluator, server, door, mount, missed).starts()


class _Walk:
    def __init__(
        self, evaluator: Evaluator, server: Server, door: Door, mount: Mount, missed: list[NotAudited]
    ) -> None:
        self.resolver: Resolver = evaluator.files().resolver
        self.mount = mount
        self.missed = missed
        self.exchange = Exchange(evaluator, visit(door, "/"), door.socket, server)
        self.classes = Classes()
        self.apart = self.resolver.apart
        self._apart = by_directory(self.apart)
        self.locations = LocationsOf(server.tree, self._location)
        self._mine: dict[Location | None, bool] = {}
        self._indexes: dict[Location | None, frozenset[str]] = {}
        self._open = Open(self.resolver)
        self._telling = Telling()
        self.visited = Visited()
        self.entries = 0
        self.links = 0

    def starts(self) -> Iterator[TreeStart]:
        first = self.mount.directory.rstrip("/") or "/"
        pending = [_Directory("", first, False, False)]
        linked: list[_Directory] = []
        while pending or linked:
            # What is reached through a link may lie elsewhere in the tree too: it is looked at there.
            directory = (pending or linked).pop()
            limit = limit_reached(self.entries, len(self.visited))
            if limit is not None:
                self.missed.append(NotAudited(directory.path, limit))
                break
            yield from self._directory(directory, pending, linked)
        for kind in self.classes:
            start = kind.start(self.mount)
            yield start._replace(members=()) if start.purpose == PURPOSE_DIRECTORY else start

    def _directory(
        self, directory: _Directory, pending: list[_Directory], linked: list[_Directory]
    ) -> Iterator[TreeStart]:
        """One directory: itself, and what it holds for the classes."""
        evidence = self.resolver.evidence
        real, entry = directory.path, directory.entry
        if entry is None:
            found = real_path(evidence, directory.path)
            own = evidence.entry(found) if isinstance(found, str) else None
            if not isinstance(found, str) or not isinstance(own, Entry) or own.kind != DIRECTORY:
                return
            real, entry = found, own
        inside = inside_of(evidence, real, together=self.mount.pattern is None)
        if isinstance(inside, str):
            self.missed.append(NotAudited(directory.path, f"it cannot be listed: {inside}"))
            self.visited.leave_out(real, linked=directory.linked)
            return
        url = self._url(directory.below)
        if url is None:
            self.visited.leave_out(real, linked=directory.linked)
            return
        if directory.below and (self._is_link(directory) or not self._open.permits(entry, READ)):
            # Without the slash nginx opens the directory itself, or the link, and may not.
            target, purpose = quoted(url.rstrip("/")), purpose_of(directory, url)
            yield TreeStart(target, purpose, directory.path, inside.names(), 1, ())
        if not self._open.may_search(directory.path, directory.entry):
            yield from self._closed(directory, url, real, inside.in_order())
            self.visited.add(real, linked=directory.linked)
            return
        self._sort_in_directory(directory, url, entry, inside)
        if self.visited.again(real, linked=directory.linked):
            return
        self.visited.add(real, linked=directory.linked)
        self.entries += len(inside)
        if inside.groups and self._sort_in_groups(directory, real, url, inside, pending, linked):
            return
        every = inside.in_order()
        for start in range(0, len(every), AT_ONCE):
            self._sort_in(directory, real, every[start : start + AT_ONCE], pending, linked)

    def _is_link(self, directory: _Directory) -> bool:
        own = self.resolver.evidence.entry(directory.path) if directory.linked else None
        return isinstance(own, Entry) and own.kind == LINK

    def _url(self, below: str) -> str | None:
        if self.mount.pattern is None:
            base = self.mount.url if self.mount.url.endswith("/") else self.mount.url + "/"
            return base + below
        return self.mount.uri_of(below)

    def _closed(self, directory: _Directory, url: str, real: str, names: tuple[str, ...]) -> Iterator[TreeStart]:
        """A directory that the worker may not search: asked for is something behind it in each location.

        Best is a file that could be read if only this directory were open.
        """
        best: dict[Location | None, tuple[int, str]] = {}
        places = 1
        for below, found in self._behind(real, names):
            places += len(found)
            locations = self.locations.of(url + below, [name for name, _ in found])
            for (name, rank), location in zip(found, locations, strict=True):
                if rank < best.get(location, (_NO_FILE + 1, ""))[0] and self._is_mine(location):
                    best[location] = (rank, below + name)
        ranked = sorted(best.values(), key=lambda found: found[0])
        if not ranked or ranked[0][0] > 0:
            yield TreeStart(quoted(url), purpose_of(directory, url), directory.path, names, places, ())
        for rank, below in ranked:
            is_hidden = directory.hidden or below.startswith(".") or "/." in below
            purpose = PURPOSE_HIDDEN if is_hidden or rank == _NO_FILE else PURPOSE_FILE
            yield TreeStart(quoted(url + below), purpose, directory.path, names, places, ())

    def _behind(self, real: str, names: tuple[str, ...]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        """What lies behind a closed directory, near things first: names, and how little else stands in their way."""
        evidence, identity = self.resolver.evidence, self.resolver.identity
        pending: deque[tuple[str, tuple[str, ...], bool]] = deque([("", names, True)])
        while pending:
            below, listed, is_open = pending.popleft()
            self.entries += len(listed)
            if self.entries > MOST_ENTRIES:
                return  # which is said where the walk ends
            found: list[tuple[str, int]] = []
            is_below_hidden = below.startswith(".") or "/." in below
            for name, entry in zip(listed, evidence.entries(join(real, below).rstrip("/"), listed), strict=True):
                if not isinstance(entry, Entry):
                    continue
                if entry.kind != DIRECTORY:
                    is_hidden = is_below_hidden or name.startswith(".")
                    is_best = is_open and entry.kind == FILE and permitted(entry, identity, READ) and not is_hidden
                    found.append((name, 0 if is_best else 1))
                    continue
                found.append((f"{name}/", _NO_FILE))
                inner = evidence.names(join(real, below + name))
                if not isinstance(inner, Absent | NotCollected | Unreadable):
                    pending.append((f"{below}{name}/", inner, is_open and permitted(entry, identity, EXECUTE)))
            yield below, found

    def _sort_in_directory(self, directory: _Directory, url: str, entry: Entry, inside: Inside) -> None:
        location = directory.under.fallback if directory.alike and directory.under else self._location(url)
        if not self._is_mine(location):
            return
        telling, has_page = self._telling.of(inside, self._index_names(location))
        self.classes.take_directory(directory, url, entry, inside.names, telling, has_page, location)

    def _index_names(self, location: Location | None) -> frozenset[str]:
        """The names of the index files that a location, or the server block, lists."""
        known = self._indexes.get(location)
        if known is None:
            context = location or self.exchange.server
            known = frozenset(word for directive in context.effective("index") for word in directive.args)
            self._indexes[location] = known
        return known

    def _sort_in_groups(
        self,
        directory: _Directory,
        real: str,
        url: str,
        inside: Inside,
        pending: list[_Directory],
        linked: list[_Directory],
    ) -> bool:
        """The same for all names at once; False where something may tell single ones apart."""
        below = directory.under or self.locations.below(url)
        base = bytes_of(url)
        if below is None:
            return False
        ends = (b"/" if entry.kind == DIRECTORY else b"" for entry, _ in inside.groups)
        told = [below.told_apart(base, joined, end) for (_, joined), end in zip(inside.groups, ends, strict=True)]
        if None in told:
            return False
        gathered = Gathered(url, directory.path.rstrip("/") + "/")
        alone: list[bytes] = []
        inner: list[tuple[bytes, _Directory]] = []
        kept_apart = self._apart.get(real, ())
        for (entry, joined), counted, apart in zip(inside.groups, inside.extensions(), told, strict=True):
            assert apart is not None
            if entry.kind == DIRECTORY:
                inner += self._inner(directory, real, joined, entry, below, apart)
                continue
            if entry.kind == LINK:
                alone += names_of(joined)
                continue
            dotted = () if directory.hidden else dot_names(joined)
            rest, single = without(joined, {*dotted, *apart, *kept_apart})
            alone += single
            for extension, count in (extensions(rest) if single else counted).items():
                location = self._location_of(below, url, rest, extension)
                if self._is_mine(location):
                    text, hidden = text_of(extension or b""), directory.hidden
                    key = (location, entry.kind, text, permissions(entry), None, hidden, directory.linked)
                    gathered.take(key, hidden, count, rest, extension)
        if alone:
            alone.sort()
            self._take_alone(directory, real, alone, inner, gathered)
        gathered.into(self.classes)
        inner.sort(key=_name)
        for _, one in inner:
            (linked if one.linked else pending).append(one)
        return True

    def _location_of(self, below: Below, url: str, joined: bytes, extension: bytes | None) -> Location | None:
        if extension in below.by_extension:
            return below.by_extension[extension]
        found = self._location(url + text_of(a_name(joined, extension)))
        below.by_extension[extension] = found
        return found

    def _inner(
        self, directory: _Directory, real: str, joined: bytes, entry: Entry, below: Below, apart: set[bytes]
    ) -> Iterator[tuple[bytes, _Directory]]:
        """The directories in one, with their names."""
        known = entry if real == (directory.path.rstrip("/") or "/") else None
        prefix = directory.path.rstrip("/") + "/"
        for name in names_of(joined):
            text = text_of(name)
            below_it, hidden = f"{directory.below}{text}/", directory.hidden or hidden_by_name(name)
            yield name, _Directory(below_it, prefix + text, hidden, directory.linked, known, below, name not in apart)

    def _take_alone(
        self,
        directory: _Directory,
        real: str,
        names: list[bytes],
        inner: list[tuple[bytes, _Directory]],
        gathered: Gathered,
    ) -> None:
        """Links, and names that begin with a dot."""
        further: list[_Directory] = []
        for key, _, path, hidden in self._each(directory, real, tuple(map(text_of, names)), further, further):
            gathered.take_one(key, hidden, bytes_of(path.rpartition("/")[2]))
        inner += ((bytes_of(one.path.rpartition("/")[2]), one) for one in further)

    def _sort_in(
        self,
        directory: _Directory,
        real: str,
        names: tuple[str, ...],
        pending: list[_Directory],
        linked: list[_Directory],
    ) -> None:
        """Put what lies in a directory into the classes, and its directories among those that are to be looked at."""
        for key, uri, path, hidden in self._each(directory, real, names, pending, linked):
            self.classes.take_file(key, uri, path, hidden)

    def _each(
        self,
        directory: _Directory,
        real: str,
        names: tuple[str, ...],
        pending: list[_Directory],
        linked: list[_Directory],
    ) -> Iterator[tuple[Class, str, str, bool]]:
        """The class, URI and path of each file of a directory, and whether it is hidden."""
        prefix = directory.path.rstrip("/") + "/"
        files: list[str] = []
        throughs: list[tuple[Entry, object]] = []
        for name, entry in zip(names, self.resolver.evidence.entries(real, names), strict=True):
            if not isinstance(entry, Entry):
                continue
            through: object = None
            is_directory = entry.kind == DIRECTORY
            if entry.kind == LINK:
                followed = self.resolver.stat(prefix + name)
                through = self._of_link(prefix + name, followed)
                is_directory = self._leads_to_directory(prefix + name, followed)
            if is_directory:
                is_linked = through is not None or directory.linked
                inner = _Directory(f"{directory.below}{name}/", prefix + name, hides(directory, name), is_linked)
                (linked if inner.linked else pending).append(inner)
                continue
            files.append(name)
            throughs.append((entry, through))
        for name, (entry, through), (uri, location) in zip(
            files, throughs, self._places(directory.below, files), strict=True
        ):
            if uri is None or not self._is_mine(location):
                continue
            extension = name.rpartition(".")[2] if "." in name else ""
            hidden = hides(directory, name)
            key: Class = (location, entry.kind, extension, permissions(entry), through, hidden, directory.linked)
            if self.apart and join(real, name) in self.apart:
                key += (APART,)
            yield key, uri, prefix + name, hidden

    def _places(self, below: str, names: list[str]) -> Iterator[tuple[str | None, Location | None]]:
        """The URI and the location of each of some files of a directory."""
        if self.mount.pattern is not None:
            for name in names:
                uri = self.mount.file_uri(below + name)
                yield uri, None if uri is None else self._location(uri)
            return
        base = self._url(below) or "/"
        for name, location in zip(names, self.locations.of(base, names), strict=True):
            yield base + name, location

    def _leads_to_directory(self, path: str, followed: Resolution) -> bool:
        """Whether a link leads to a directory, be it to one that the worker does not come to."""
        entry: object = followed.entry
        if followed.errno:
            evidence = self.resolver.evidence
            real = real_path(evidence, path)
            entry = evidence.entry(real) if isinstance(real, str) else None
        return isinstance(entry, Entry) and entry.kind == DIRECTORY

    def _of_link(self, path: str, followed: Resolution) -> object:
        """What decides about a link: where it leads, and its own path where links may be refused as such."""
        if self.exchange.evaluator.model.http.writes("disable_symlinks"):
            self.links += 1
            if self.links <= MOST_LINKS:
                return path
            if self.links == MOST_LINKS + 1:
                reason = f"more than {MOST_LINKS} links: the others are taken to be like these"
                self.missed.append(NotAudited(self.mount.directory, reason))
        target = None if followed.entry is None else (followed.entry.kind, permissions(followed.entry))
        return followed.errno, followed.path if followed.errno else None, target

    def _is_mine(self, location: Location | None) -> bool:
        """Whether the location looks for files where this root or alias says, and not where one of its own does."""
        known = self._mine.get(location)
        if known is None:
            evaluator, written = self.exchange.evaluator, self.mount.written
            known = written is None or evaluator.root(location or self.exchange.server).directive is written
            self._mine[location] = known
        return known

    def _location(self, uri: str) -> Location | None:
        self.exchange.uri = uri
        self.exchange.steps.clear()
        try:
            return search_locations(self.exchange)
        except MatchFailed:
            return None


def _name(inner: tuple[bytes, _Directory]) -> bytes:
    return inner[0]
