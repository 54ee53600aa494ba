"""What the sections and rules of a configuration are about: whether that is an entry, and whether it is the same for
everything below a directory but for single names.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from audit403.apache import fnmatch
from audit403.apache.explore.trail import inner_sections
from audit403.apache.model.aliases import ALIAS, AliasServer
from audit403.apache.model.pattern import Pattern
from audit403.apache.model.rewrite import REWRITE, RewriteConfig, RewriteServer
from audit403.apache.model.section import DIRECTORY, IF, LOCATION, Section
from audit403.apache.model.server import Server
from audit403.explore.joined_names import bytes_of, names_of
from audit403.explore.line_patterns import BY_EXTENSION, MOST_MATCHES, Lines

URL, PATH, NAME = "url", "path", "name"


class Test(Protocol):
    """Something of the configuration that is about a URI, a path or a name."""

    def __call__(self, url: str, path: str, name: str) -> bool:
        """Whether it is about this entry."""
        ...

    def is_settled(self, url: str, path: str) -> bool:
        """Whether for all that lies below a directory the answer is the same, or hangs on the extension alone, but for
        what `Below` finds. Both end in a slash.
        """
        ...


class _Beginning:
    """A URI or a path that begins with a text."""

    def __init__(self, subject: str, text: str) -> None:
        self.subject, self.text = subject, text

    def __call__(self, url: str, path: str, name: str) -> bool:
        return (url if self.subject == URL else path).startswith(self.text)

    def is_settled(self, url: str, path: str) -> bool:
        base = url if self.subject == URL else path
        return base.startswith(self.text) or not self.text.startswith(base)


class _Upper:
    """A path whose upper directories match a pattern."""

    def __init__(self, section: Section) -> None:
        self.text, self.slashes = section.text, section.slashes

    def __call__(self, url: str, path: str, name: str) -> bool:
        upper = "/".join(path.split("/")[: self.slashes]) + "/"
        return fnmatch.matches(self.text, upper, pathname=True)

    def is_settled(self, url: str, path: str) -> bool:
        return self.slashes <= path.count("/")


class _Wild:
    """A URI that matches a pattern with wildcards."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.literal = _literal(text)

    def __call__(self, url: str, path: str, name: str) -> bool:
        return fnmatch.matches(self.text, url, pathname=True)

    def is_settled(self, url: str, path: str) -> bool:
        return not url.startswith(self.literal) and not self.literal.startswith(url)


class _Named:
    """A name, or a pattern of names."""

    def __init__(self, section: Section) -> None:
        self.text, self.is_pattern = section.text, section.is_pattern

    def __call__(self, url: str, path: str, name: str) -> bool:
        return fnmatch.matches(self.text, name, pathname=True) if self.is_pattern else name == self.text

    def is_settled(self, url: str, path: str) -> bool:
        return True

    @property
    def is_by_extension(self) -> bool:
        """Whether it is about all names of one extension."""
        stem, dot, extension = self.text.rpartition(".")
        return stem == "*" and bool(dot) and extension.isascii() and extension.isalnum()

    def among(self, joined: bytes) -> list[bytes] | None:
        """The names, of those with a NUL around each, that it is about; None where they are many."""
        start = bytes_of(_literal(self.text) if self.is_pattern else self.text)
        if self.is_by_extension or (start and b"\0" + start not in joined):
            return []
        if not self.is_pattern:
            return [start] if b"\0%b\0" % start in joined else []
        pattern = fnmatch.compiled(self.text, True, False, False)
        found = [name for name in names_of(joined) if pattern.fullmatch(name.decode("latin-1"))]
        return found if len(found) <= MOST_MATCHES else None


class _Matching:
    """A pattern that is found in a URI, a path, a path below a folder, or a name."""

    def __init__(self, subject: str, pattern: Pattern, folder: str = "") -> None:
        self.subject, self.pattern, self.folder = subject, pattern, folder

    def __call__(self, url: str, path: str, name: str) -> bool:
        if self.subject == PATH:
            return self.pattern.matches(path.removeprefix(self.folder))
        return self.pattern.matches(url if self.subject == URL else name)

    def is_settled(self, url: str, path: str) -> bool:
        return self.subject != PATH or path.startswith(self.folder) or not self.folder.startswith(path)

    @property
    def is_by_extension(self) -> bool:
        """Whether nothing but the extension of a name has a say in it."""
        return BY_EXTENSION.fullmatch(self.pattern.text) is not None


class Below:
    """What single names tell apart below a directory for which every test is settled. Raises ValueError where it is
    to be asked name by name.

    `marks` has what the tests say of the names of an extension that nothing else tells apart, and `of_directories` what
    they say of directories.
    """

    def __init__(self, tests: Iterable[Test], url: str, path: str) -> None:
        self.marks: dict[bytes | None, tuple[object, ...]] = {}
        self.of_directories: tuple[object, ...] | None = None
        self._named: list[_Named] = []
        matching: dict[tuple[str, str], list[tuple[str, bool]]] = {}
        for test in tests:
            if not test.is_settled(url, path):
                raise ValueError
            if isinstance(test, _Named):
                self._named.append(test)
            elif isinstance(test, _Matching) and not test.is_by_extension:
                matching.setdefault((test.subject, test.folder), []).append((test.pattern.text, test.pattern.caseless))
        self._lines = [(subject, folder, Lines(patterns)) for (subject, folder), patterns in matching.items()]

    def told_apart(self, url: str, path: str, joined: bytes, *, directories: bool) -> set[bytes] | None:
        """The names that are told from the others of the same extension; None: they are to be asked one by one."""
        found: set[bytes] = set()
        for subject, folder, lines in self._lines:
            if subject == NAME and directories:
                continue  # of a directory the name is not asked
            base = "" if subject == NAME else url if subject == URL else path.removeprefix(folder)
            matched = lines.matched(bytes_of(base), joined, b"/" if directories else b"")
            if matched is None:
                return None
            found |= matched
        for test in () if directories else self._named:
            among = test.among(joined)
            if among is None:
                return None
            found.update(among)
        return found


def tests_of(server: Server) -> list[Test]:
    """What each section and rule of a server is about."""
    found: list[Test] = []
    pending: list[Section] = [*inner_sections(server.lookup_defaults)]
    for section in server.sections[DIRECTORY]:
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
            found.append(of_files(section))
    rewriting: RewriteServer = server.slots.get(REWRITE, RewriteServer())
    found += [of_rule(rule.pattern, None) for rule in rewriting.rules]
    aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
    found += [of_rule(one.pattern, None) for one in (*aliases.redirects, *aliases.aliases) if one.pattern is not None]
    return found


def of_files(section: Section) -> Test:
    """What a section of names is about."""
    return _Named(section) if section.regex is None else _Matching(NAME, section.regex)


def of_rule(pattern: Pattern, folder: str | None) -> Test:
    """A pattern of a URI, or of a path below a folder."""
    return _Matching(URL, pattern) if folder is None else _Matching(PATH, pattern, folder)


def marks_of(tests: Sequence[Test], url: str, path: str, name: str) -> tuple[int, ...]:
    """The numbers of the tests that are about an entry."""
    return tuple(index for index, test in enumerate(tests) if test(url, path, name))


def _of_rules(config: RewriteConfig | None, folder: str) -> list[Test]:
    return [] if config is None else [of_rule(rule.pattern, folder) for rule in config.rules]


def _of_directory(section: Section) -> Test:
    if section.regex is not None:
        return _Matching(PATH, section.regex)
    return _Upper(section) if section.is_pattern else _Beginning(PATH, section.text)


def _of_location(section: Section) -> Test:
    if section.regex is not None:
        return _Matching(URL, section.regex)
    return _Wild(section.text) if section.is_pattern else _Beginning(URL, section.text)


def _literal(text: str) -> str:
    """What a pattern begins with up to its first sign."""
    for at, letter in enumerate(text):
        if letter in "*?[\\":
            return text[:at]
    return text
