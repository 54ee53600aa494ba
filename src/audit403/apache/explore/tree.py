"""The directories and files that a server serves, as requests: one for each class of what decides.

Two files belong to one class when kind, extension, mode, owner, group, ACL and the way to them are the same, the same
`.htaccess` files are above them, and the same patterns of the configuration match them.
"""

import re
from collections.abc import Iterator
from itertools import islice

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.about import Below, Test, marks_of, of_files, of_rule, tests_of
from audit403.apache.explore.mounts import Mount
from audit403.apache.explore.places import BelowFolder, NameOf, names_meant_by, taken_along
from audit403.apache.explore.trail import inner_sections
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.dir_index import DEFAULT_INDEX, DIR, DirConfig
from audit403.apache.model.pattern import pattern_of
from audit403.apache.model.section import DIRECTORY as DIRECTORY_SECTION
from audit403.apache.model.section import FILES, LOCATION, section_of
from audit403.apache.model.server import Server
from audit403.core.family import NotAudited
from audit403.core.open_question import Undecided
from audit403.core.source import every_directive
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Entry
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
    Class,
    Classes,
    hides,
    limit_reached,
    permissions,
)
from audit403.explore.joined_names import bytes_of, names_of, text_of
from audit403.explore.ordinary import quoted
from audit403.explore.regex_witness import Matcher
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_HIDDEN, PURPOSE_HOME, PURPOSE_PROBE
from audit403.explore.visited import Visited
from audit403.files.permission import READ, permitted

_REFUSES = re.compile(r"\[(?:[^\]]*,)?\s*(?:F|forbidden|R=403)\s*[,\]]|^\s*403\s", re.IGNORECASE)


class _Directory:
    """A directory that is still to be looked at; `rules` are those of the `.htaccess` files above it, `way` which.

    `entry` is its own where httpd comes to the one above and no link was on the way: `path` is canonical then. `under`
    is what tells entries apart below the one above; `alike` says that this one is not.
    """

    __slots__ = ("alike", "below", "entry", "hidden", "linked", "path", "rules", "under", "way")

    def __init__(
        self,
        below: str,
        path: str,
        hidden: bool,
        linked: bool,
        rules: tuple[Test, ...],
        way: tuple[str, ...],
        entry: Entry | None = None,
        under: Below | None = None,
        alike: bool = False,
    ) -> None:
        self.below, self.path, self.hidden, self.linked, self.rules, self.way = below, path, hidden, linked, rules, way
        self.entry, self.under, self.alike = entry, under, alike


def walk(
    evaluator: Evaluator, server: Server, mount: Mount, missed: list[NotAudited], access_files: dict[str, str]
) -> Iterator[TreeStart]:
    """The directories of a mount and one file of every class; `access_files` gets each `.htaccess` with its URL."""
    return _Walk(evaluator, server, mount, missed, access_files).starts()


class _Walk:
    def __init__(
        self, evaluator: Evaluator, server: Server, mount: Mount, missed: list[NotAudited], access_files: dict[str, str]
    ) -> None:
        self.evaluator = evaluator
        self.server = server
        self.resolver = evaluator.files().resolver
        self.mount = mount
        self.missed = missed
        self.access_files = access_files
        self.tests = tests_of(server)
        self.classes = Classes()
        self.apart = self.resolver.apart
        self.indexes = self._index_names()
        self._apart = by_directory(self.apart)
        self._telling = Telling()
        self._open = Open(self.resolver)
        self.visited = Visited()
        self.entries = 0
        #: Whether directories may be answered without the slash behind them.
        self.without_slash = _is_switched_off(server)

    def starts(self) -> Iterator[TreeStart]:
        first = self.mount.directory.rstrip("/") or "/"
        pending = [_Directory("", first, False, False, (), ())]
        linked: list[_Directory] = []
        while pending or linked:
            directory = (pending or linked).pop()
            limit = limit_reached(self.entries, len(self.visited))
            if limit is not None:
                self.missed.append(NotAudited(directory.path, limit))
                break
            yield from self._directory(directory, pending, linked)
        for kind in self.classes:
            start = kind.start(self.mount)
            yield start
            if self.without_slash and start.target.endswith("/") and start.target != "/":
                yield start._replace(target=start.target[:-1], examples=())

    def _directory(
        self, directory: _Directory, pending: list[_Directory], linked: list[_Directory]
    ) -> Iterator[TreeStart]:
        evidence = self.resolver.evidence
        real, entry = directory.path, directory.entry
        if entry is None:
            found = real_path(evidence, directory.path)
            own = evidence.entry(found) if isinstance(found, str) else None
            if not isinstance(found, str) or not isinstance(own, Entry) or own.kind != DIRECTORY:
                return
            real, entry = found, own
        inside = inside_of(evidence, real)
        if isinstance(inside, str):
            self.missed.append(NotAudited(directory.path, f"it cannot be listed: {inside}"))
            self.visited.leave_out(real, linked=directory.linked)
            return
        url = self.mount.file_uri(directory.below) or "/"
        if not self._open.may_search(directory.path, directory.entry):
            yield from self._closed(directory, url, real, inside.in_order())
            self.visited.add(real, linked=directory.linked)
            return
        meant: list[tuple[str, str]] = []
        for name in self.server.access_names:
            if inside.has(name):
                path = f"{directory.path.rstrip('/')}/{name}"
                directory.way = (*directory.way, path)
                directory.under, directory.alike = None, False
                self.access_files.setdefault(path, url)
                rules, names_meant = self._access_file(path)
                directory.rules = (*directory.rules, *rules)
                meant += names_meant
        self._sort_in_directory(directory, url, entry, inside)
        if self.visited.again(real, linked=directory.linked):
            return
        for name, purpose in dict.fromkeys(meant):
            # Here and not only below, where another `.htaccess` may say something else of the same names.
            yield TreeStart(quoted(f"{url}{name}"), purpose, directory.path, inside.names(), 1, ())
        self.visited.add(real, linked=directory.linked)
        self.entries += len(inside)
        if self._sort_in_groups(directory, real, url, inside, pending, linked):
            return
        every = inside.in_order()
        for start in range(0, len(every), AT_ONCE):
            self._sort_in(directory, real, url, every[start : start + AT_ONCE], pending, linked)

    def _access_file(self, path: str) -> tuple[list[Test], list[tuple[str, str]]]:
        """What the sections and rules of an `.htaccess` are about, and a name for each section that it is about."""
        found: list[Test] = []
        meant: list[tuple[str, str]] = []
        try:
            file = self.evaluator.access_files.parsed(path)
        except Undecided:
            return found, meant
        folder = path.rpartition("/")[0] + "/"
        for directive in every_directive(file.directives):
            try:
                self.without_slash = self.without_slash or directive.name == "directoryslash"
                if directive.name in ("<files", "<filesmatch"):
                    section = section_of(FILES, directive)
                    found.append(of_files(section))
                    meant += ((name, PURPOSE_PROBE) for name in islice(names_meant_by(section), 1))
                    if section.regex is not None:
                        meant += _taken_along(NameOf(section.regex))
                elif directive.name in ("rewriterule", "redirectmatch") and directive.args:
                    position = 0 if directive.name == "rewriterule" or not directive.args[0].isalnum() else 1
                    pattern = pattern_of(directive.args[position].removeprefix("!"), "")
                    found.append(of_rule(pattern, folder if directive.name == "rewriterule" else None))
                    if _REFUSES.search(directive.raw) and not directive.args[0].startswith("!"):
                        meant += _taken_along(BelowFolder(pattern) if directive.name == "rewriterule" else pattern)
            except (ConfigError, IndexError):
                continue
        return found, meant

    def _closed(self, directory: _Directory, url: str, real: str, names: tuple[str, ...]) -> Iterator[TreeStart]:
        """A directory that httpd may not search: asked for is a file behind it, best one that could be read."""
        evidence, identity = self.resolver.evidence, self.resolver.identity
        self.entries += len(names)
        best, rank = url, 2
        for name, entry in zip(names, evidence.entries(real, names), strict=True):
            if isinstance(entry, Entry) and entry.kind == FILE and not name.startswith("."):
                mine = 0 if permitted(entry, identity, READ) else 1
                if mine < rank:
                    best, rank = f"{url}{name}", mine
        is_hidden = directory.hidden or rank == 2
        purpose = PURPOSE_HIDDEN if is_hidden and url != "/" else PURPOSE_FILE
        if url == "/":
            yield TreeStart(url, PURPOSE_HOME, directory.path, names, 1 + len(names), ())
        yield TreeStart(quoted(best), purpose, directory.path, names, 1 + len(names), ())

    def _sort_in_directory(self, directory: _Directory, url: str, entry: Entry, inside: Inside) -> None:
        place = directory.under.of_directories if directory.alike and directory.under is not None else None
        if place is None:
            place = self._marks(url, directory.path.rstrip("/") + "/", "", directory)
            if directory.alike and directory.under is not None:
                directory.under.of_directories = place
        telling, has_page = self._telling.of(inside, self.indexes)
        self.classes.take_directory(directory, url, entry, inside.names, telling, has_page, place)

    def _index_names(self) -> frozenset[str]:
        found: set[str] = set()
        for per_dir in (self.server.lookup_defaults, *(one.per_dir for one in self.server.sections[DIRECTORY_SECTION])):
            config: DirConfig | None = per_dir.get(DIR)
            if config is not None and config.index_names is not None:
                found.update(config.index_names)
        return frozenset(found or DEFAULT_INDEX)

    def _sort_in_groups(
        self,
        directory: _Directory,
        real: str,
        url: str,
        inside: Inside,
        pending: list[_Directory],
        linked: list[_Directory],
    ) -> bool:
        """Put all names of a directory into the classes at once; False where single ones are to be asked."""
        prefix = directory.path.rstrip("/") + "/"
        below = self._below(directory, url, prefix) if inside.groups else None
        if below is None:
            return False
        told = [
            below.told_apart(url, prefix, joined, directories=entry.kind == DIRECTORY)
            for entry, joined in inside.groups
        ]
        if None in told:
            return False
        gathered = Gathered(url, prefix)
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
                marks = below.marks.get(extension)
                if marks is None:
                    name = text_of(a_name(rest, extension))
                    marks = below.marks[extension] = self._marks(url + name, prefix + name, name, directory)
                text, hidden = text_of(extension or b""), directory.hidden
                key: Class = (marks, entry.kind, text, permissions(entry), None, hidden, directory.linked)
                gathered.take(key, hidden, count, rest, extension)
        if alone:
            alone.sort()
            further: list[_Directory] = []
            for key, name, hidden in self._each(directory, real, url, tuple(map(text_of, alone)), further, further):
                gathered.take_one(key, hidden, bytes_of(name))
            inner += ((bytes_of(one.path.rpartition("/")[2]), one) for one in further)
        gathered.into(self.classes)
        inner.sort(key=_name)
        for _, one in inner:
            (linked if one.linked else pending).append(one)
        return True

    def _below(self, directory: _Directory, url: str, prefix: str) -> Below | None:
        if directory.under is not None:
            return directory.under
        try:
            return Below((*self.tests, *directory.rules), url, prefix)
        except ValueError:
            return None

    def _inner(
        self, directory: _Directory, real: str, joined: bytes, entry: Entry, below: Below, apart: set[bytes]
    ) -> Iterator[tuple[bytes, _Directory]]:
        """The directories in one, with their names."""
        known = entry if real == (directory.path.rstrip("/") or "/") else None
        prefix = directory.path.rstrip("/") + "/"
        for name in names_of(joined):
            text, hidden = text_of(name), directory.hidden or hidden_by_name(name)
            path, below_it, way = prefix + text, f"{directory.below}{text}/", directory.way
            alike = name not in apart
            one = _Directory(below_it, path, hidden, directory.linked, directory.rules, way, known, below, alike)
            yield name, one

    def _sort_in(
        self,
        directory: _Directory,
        real: str,
        url: str,
        names: tuple[str, ...],
        pending: list[_Directory],
        linked: list[_Directory],
    ) -> None:
        """The same name by name."""
        prefix = directory.path.rstrip("/") + "/"
        for key, name, hidden in self._each(directory, real, url, names, pending, linked):
            self.classes.take_file(key, url + name, prefix + name, hidden)

    def _each(
        self,
        directory: _Directory,
        real: str,
        url: str,
        names: tuple[str, ...],
        pending: list[_Directory],
        linked: list[_Directory],
    ) -> Iterator[tuple[Class, str, bool]]:
        """The class and name of each file of a directory, and whether it is hidden."""
        prefix = directory.path.rstrip("/") + "/"
        for name, entry in zip(names, self.resolver.evidence.entries(real, names), strict=True):
            if not isinstance(entry, Entry):
                continue
            path = prefix + name
            through: object = None
            is_directory = entry.kind == DIRECTORY
            hidden = hides(directory, name)
            if entry.kind == LINK:
                followed = self.resolver.stat(path)
                target = None if followed.errno else followed.entry
                through = (followed.errno, followed.path if followed.errno else None)
                through = (through, None if target is None else (target.kind, permissions(target)))
                is_directory = target is not None and target.kind == DIRECTORY
            if is_directory:
                is_linked = through is not None or directory.linked
                inner = _Directory(f"{directory.below}{name}/", path, hidden, is_linked, directory.rules, directory.way)
                (linked if is_linked else pending).append(inner)
                continue
            extension = name.rpartition(".")[2] if "." in name else ""
            marks = self._marks(url + name, path, name, directory)
            key: Class = (marks, entry.kind, extension, permissions(entry), through, hidden, directory.linked)
            if self.apart and join(real, name) in self.apart:
                key += (APART,)
            yield key, name, hidden

    def _marks(self, url: str, path: str, name: str, directory: _Directory) -> tuple[object, ...]:
        """Which of the configuration's patterns are about an entry, and which `.htaccess` files lie above it."""
        own, here = marks_of(self.tests, url, path, name), marks_of(directory.rules, url, path, name)
        return own, directory.way, here


def _taken_along(pattern: Matcher) -> Iterator[tuple[str, str]]:
    """Ordinary names that a pattern of an `.htaccess` takes along, below its directory."""
    yield from ((uri.lstrip("/"), purpose) for uri, purpose in taken_along(pattern))


def _is_switched_off(server: Server) -> bool:
    """Whether DirectorySlash is off somewhere."""
    sections = [*server.sections[DIRECTORY_SECTION], *server.sections[LOCATION]]
    pending = [server.lookup_defaults, *(section.per_dir for section in sections)]
    while pending:
        per_dir = pending.pop()
        config: DirConfig | None = per_dir.get(DIR)
        if config is not None and config.slash is False:
            return True
        pending += (section.per_dir for section in inner_sections(per_dir))
    return False


def _name(inner: tuple[bytes, _Directory]) -> bytes:
    return inner[0]
