"""The directories and files that a server serves, as requests: one for each class of what decides.

Two files belong to one class when kind, extension, mode, owner, group, ACL and the way to them are the same, the same
`.htaccess` files are above them, and the same patterns of the configuration match them.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from audit403.apache import fnmatch
from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.explore.mounts import Mount
from audit403.apache.explore.places import BelowFolder, NameOf, names_meant_by, taken_along
from audit403.apache.explore.trail import inner_sections
from audit403.apache.model.aliases import ALIAS, AliasServer
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.dir_index import DEFAULT_INDEX, DIR, DirConfig
from audit403.apache.model.pattern import Pattern, pattern_of
from audit403.apache.model.rewrite import REWRITE, RewriteConfig, RewriteServer
from audit403.apache.model.section import DIRECTORY as DIRECTORY_SECTION
from audit403.apache.model.section import FILES, IF, LOCATION, Section, section_of
from audit403.apache.model.server import Server
from audit403.core.family import NotAudited
from audit403.core.open_question import Undecided
from audit403.core.source import every_directive
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Absent, Entry, NotCollected, Unreadable
from audit403.evidence.links import real_path
from audit403.explore.blocking import TreeStart
from audit403.explore.classes import AT_ONCE, MOST_DIRECTORIES, MOST_ENTRIES, Classes, hides, permissions
from audit403.explore.ordinary import quoted
from audit403.explore.regex_witness import Matcher
from audit403.explore.subject import PURPOSE_FILE, PURPOSE_HIDDEN, PURPOSE_HOME, PURPOSE_PROBE
from audit403.files.permission import READ, permitted

_REFUSES = re.compile(r"\[(?:[^\]]*,)?\s*(?:F|forbidden|R=403)\s*[,\]]|^\s*403\s", re.IGNORECASE)

Test = Callable[[str, str, str], bool]
"""Whether something of the configuration is about a URI, a path, a name."""


class _Directory:
    """A directory that is still to be looked at; `rules` are those of the `.htaccess` files above it, `way` which."""

    __slots__ = ("below", "hidden", "linked", "path", "rules", "way")

    def __init__(
        self, below: str, path: str, hidden: bool, linked: bool, rules: tuple[Test, ...], way: tuple[str, ...]
    ) -> None:
        self.below, self.path, self.hidden, self.linked, self.rules, self.way = below, path, hidden, linked, rules, way


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
        self.visited: set[str] = set()
        self.entries = 0
        #: Whether directories may be answered without the slash behind them.
        self.without_slash = _is_switched_off(server)

    def starts(self) -> Iterator[TreeStart]:
        first = self.mount.directory.rstrip("/") or "/"
        pending = [_Directory("", first, False, False, (), ())]
        linked: list[_Directory] = []
        while pending or linked:
            directory = (pending or linked).pop()
            if self.entries > MOST_ENTRIES or len(self.visited) > MOST_DIRECTORIES:
                self.missed.append(NotAudited(directory.path, f"more than {MOST_ENTRIES} files and folders"))
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
        real = real_path(evidence, directory.path)
        entry = evidence.entry(real) if isinstance(real, str) else None
        if not isinstance(real, str) or not isinstance(entry, Entry) or entry.kind != DIRECTORY:
            return
        names = evidence.names(real)
        if isinstance(names, (Absent, NotCollected, Unreadable)):
            self.missed.append(NotAudited(directory.path, "this directory cannot be listed here"))
            return
        url = self.mount.file_uri(directory.below) or "/"
        if self.resolver.search(directory.path).errno != 0:
            yield from self._closed(directory, url, real, names)
            self.visited.add(real)
            return
        meant: list[tuple[str, str]] = []
        for name in self.server.access_names:
            if name in names:
                path = f"{directory.path.rstrip('/')}/{name}"
                directory.way = (*directory.way, path)
                self.access_files.setdefault(path, url)
                rules, names_meant = self._access_file(path)
                directory.rules = (*directory.rules, *rules)
                meant += names_meant
        self._sort_in_directory(directory, url, entry, names)
        if real in self.visited:
            return
        for name, purpose in dict.fromkeys(meant):
            # Here and not only below, where another `.htaccess` may say something else of the same names.
            yield TreeStart(quoted(f"{url}{name}"), purpose, directory.path, names, 1, ())
        self.visited.add(real)
        self.entries += len(names)
        for start in range(0, len(names), AT_ONCE):
            self._sort_in(directory, real, url, names[start : start + AT_ONCE], pending, linked)

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
                    found.append(_of_files(section))
                    meant += ((name, PURPOSE_PROBE) for name in islice(names_meant_by(section), 1))
                    if section.regex is not None:
                        meant += _taken_along(NameOf(section.regex))
                elif directive.name in ("rewriterule", "redirectmatch") and directive.args:
                    position = 0 if directive.name == "rewriterule" or not directive.args[0].isalnum() else 1
                    pattern = pattern_of(directive.args[position].removeprefix("!"), "")
                    found.append(_of_rule(pattern, folder if directive.name == "rewriterule" else None))
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

    def _sort_in_directory(self, directory: _Directory, url: str, entry: Entry, names: tuple[str, ...]) -> None:
        place = self._marks(url, directory.path.rstrip("/") + "/", "", directory)
        self.classes.take_directory(directory, url, entry, names, self._index_names(), place)

    def _index_names(self) -> frozenset[str]:
        found: set[str] = set()
        for per_dir in (self.server.lookup_defaults, *(one.per_dir for one in self.server.sections[DIRECTORY_SECTION])):
            config: DirConfig | None = per_dir.get(DIR)
            if config is not None and config.index_names is not None:
                found.update(config.index_names)
        return frozenset(found or DEFAULT_INDEX)

    def _sort_in(
        self,
        directory: _Directory,
        real: str,
        url: str,
        names: tuple[str, ...],
        pending: list[_Directory],
        linked: list[_Directory],
    ) -> None:
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
            key = (marks, entry.kind, extension, permissions(entry), through, hidden, directory.linked)
            self.classes.take_file(key, url + name, path, hidden)

    def _marks(self, url: str, path: str, name: str, directory: _Directory) -> tuple[object, ...]:
        """Which of the configuration's patterns are about an entry, and which `.htaccess` files lie above it."""
        own = tuple(index for index, test in enumerate(self.tests) if test(url, path, name))
        here = tuple(index for index, test in enumerate(directory.rules) if test(url, path, name))
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


def tests_of(server: Server) -> list[Test]:
    """What each section and rule of a server is about."""
    found: list[Test] = []
    pending: list[Section] = [*inner_sections(server.lookup_defaults)]
    for section in server.sections[DIRECTORY_SECTION]:
        found.append(_of_directory(section))
        pending += inner_sections(section.per_dir)
        found += _of_rules(section.per_dir.get(REWRITE), section.text)
    for section in server.sections[LOCATION]:
        found.append(_of_location(section))
        pending += inner_sections(section.per_dir)
    while pending:
        section = pending.pop()
        pending += inner_sections(section.per_dir)
        if section.kind != IF:
            found.append(_of_files(section))
    rewriting: RewriteServer = server.slots.get(REWRITE, RewriteServer())
    found += [_of_rule(rule.pattern, None) for rule in rewriting.rules]
    aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
    found += [_of_rule(one.pattern, None) for one in (*aliases.redirects, *aliases.aliases) if one.pattern is not None]
    return found


def _of_rules(config: RewriteConfig | None, folder: str) -> list[Test]:
    return [] if config is None else [_of_rule(rule.pattern, folder) for rule in config.rules]


def _of_directory(section: Section) -> Test:
    if section.regex is not None:
        regex = section.regex
        return lambda url, path, name: regex.matches(path)
    if section.is_pattern:
        slashes = section.slashes
        return lambda url, path, name: fnmatch.matches(
            section.text, "/".join(path.split("/")[:slashes]) + "/", pathname=True
        )
    return lambda url, path, name: path.startswith(section.text)


def _of_location(section: Section) -> Test:
    if section.regex is not None:
        regex = section.regex
        return lambda url, path, name: regex.matches(url)
    if section.is_pattern:
        return lambda url, path, name: fnmatch.matches(section.text, url, pathname=True)
    return lambda url, path, name: url.startswith(section.text)


def _of_files(section: Section) -> Test:
    if section.regex is not None:
        regex = section.regex
        return lambda url, path, name: regex.matches(name)
    if section.is_pattern:
        return lambda url, path, name: fnmatch.matches(section.text, name, pathname=True)
    return lambda url, path, name: name == section.text


def _of_rule(pattern: Pattern, folder: str | None) -> Test:
    """A pattern of a URI, or of a path below a folder."""
    if folder is None:
        return lambda url, path, name: pattern.matches(url)
    return lambda url, path, name: pattern.matches(path.removeprefix(folder))
