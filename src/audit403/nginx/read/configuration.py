"""A main configuration with everything that it includes, each file read once.

The truth is ngx_conf_include and ngx_conf_full_name in src/core/ngx_conf_file.c: a relative include starts at the
directory of the main configuration file, wherever it is written.
"""

from collections.abc import Callable, Iterator, Mapping

from audit403.core.place import Span
from audit403.core.source import Problem, Source
from audit403.evidence.interface import Absent, Evidence, NotCollected, Unreadable, reason_of
from audit403.evidence.stand_ins import NO_PATHS, PathMap
from audit403.nginx.read.inclusion import MOST_FILES, cut_cycles, includes_of
from audit403.nginx.read.locate import Located, Locator
from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import Directive, ParsedFile

Read = Callable[[str], bytes | Absent | NotCollected | Unreadable]
Locate = Callable[[str], Located]
ParseFile = Callable[[str, bytes], ParsedFile]


class Configuration:
    """The files of one server's configuration.

    `prefix` is what relative paths other than includes start at (None: as nginx was built); `not_read` lists what
    could not be read or understood, each with its reason.
    """

    __slots__ = (
        "_checked",
        "_included",
        "about",
        "assumed",
        "conf_directory",
        "files",
        "main",
        "not_read",
        "prefix",
        "reading",
        "recognised",
        "size",
    )

    def __init__(self, main: ParsedFile, conf_directory: str, prefix: str | None) -> None:
        self.main = main
        self.conf_directory = conf_directory
        self.prefix = prefix
        self.files: dict[str, ParsedFile] = {main.path: main}
        #: Whether a lone file was taken for nginx's.
        self.recognised = True
        #: The context that was assumed for a lone file (`main` is then a file of ours that includes it), or None.
        self.assumed: str | None = None
        #: The file that was asked about: the main file, or the lone one.
        self.about = main.path
        #: What is wrong with the files and the includes; `problems` has the directives too.
        self.reading: list[Problem] = []
        #: How many bytes it has with every include in place.
        self.size = len(main.source.data)
        self._checked: list[Problem] | None = None
        self.not_read: list[tuple[str, str]] = []
        self._included: dict[Directive, list[ParsedFile]] = {}

    @property
    def problems(self) -> list[Problem]:
        """All that nginx would refuse at its start, as far as reading shows it, and what is not known here."""
        if self._checked is None:
            from audit403.nginx.read.check import check_directives

            self._checked = [*self.reading, *check_directives(self)]
        return self._checked

    @property
    def directives(self) -> list[Directive]:
        """The statements of the main file."""
        return self.main.directives

    def expand(self, directives: list[Directive]) -> Iterator[Directive]:
        """The statements with every include replaced by what it includes."""
        included = self._included
        if not included:
            yield from directives
            return
        pending = [iter(directives)]
        while pending:
            for directive in pending[-1]:
                if directive.name == "include" and directive in included:
                    pending.extend(iter(file.directives) for file in reversed(included[directive]))
                    break
                yield directive
            else:
                pending.pop()

    def is_like(self, other: "Configuration") -> bool:
        """Whether another one is equal in everything, and of the very same parsed files."""
        plain = ("main", "conf_directory", "prefix", "recognised", "assumed", "about", "size", "reading", "not_read")
        return (
            [*self.files] == [*other.files]
            and all(file is other.files[path] for path, file in self.files.items())
            and self.include_edges() == other.include_edges()
            and all(getattr(self, name) == getattr(other, name) for name in plain)
        )

    def surround(self, main: ParsedFile, context: str) -> None:
        """Put the lone file into `main`, whose only include stands for it, in the context that it is assumed in."""
        [include] = includes_of(main)
        self._included[include] = [self.main]
        self.files = {main.path: main} | self.files
        self.size += len(main.source.data)
        self.main = main
        self.assumed = context

    def included(self, directive: Directive) -> list[ParsedFile]:
        """The files that an include directive brings in, in nginx's order."""
        return self._included.get(directive, [])

    def include_edges(self) -> Mapping[Directive, list[ParsedFile]]:
        """Every include directive with its files."""
        return self._included


def read_configuration(
    main: str,
    evidence: Evidence,
    *,
    prefix: str | None = None,
    path_map: PathMap = NO_PATHS,
    read_before: Mapping[str, ParsedFile] | None = None,
    parse_file: ParseFile = parse,
) -> Configuration:
    """Read the main configuration file at the absolute path `main`, and all that it includes.

    Files of `read_before` whose content is still the same are not parsed again; `parse_file` parses the others.
    """
    conf_directory = main.rpartition("/")[0] or "/"
    data = evidence.read(main)
    file = parsed(main, data, read_before, parse_file) if isinstance(data, bytes) else _unread_main(main, data)
    configuration = Configuration(file, conf_directory, prefix)
    if not isinstance(data, bytes):
        configuration.not_read.append((main, reason_of(data)))
    locate = Locator(evidence, conf_directory, path_map).locate
    follow_includes(configuration, evidence.read, locate, read_before, parse_file)
    return configuration


def follow_includes(
    configuration: Configuration,
    read: Read,
    locate: Locate,
    read_before: Mapping[str, ParsedFile] | None = None,
    parse_file: ParseFile = parse,
) -> None:
    """Read every file that the files of the configuration include."""
    pending = list(configuration.files.values())
    seen = 0
    while seen < len(pending):
        file = pending[seen]
        seen += 1
        for directive in includes_of(file):
            targets = configuration._included[directive] = []
            for path in _targets(configuration, directive, locate):
                known = configuration.files.get(path)
                if known is None:
                    known = _read_included(configuration, read, directive, path, read_before, parse_file)
                    if known is None:
                        continue
                    pending.append(known)
                targets.append(known)
    cut_cycles(configuration)
    collect_problems(configuration)


def collect_problems(configuration: Configuration) -> None:
    """Put the problems of all files before those of the includes, and note what was not understood."""
    own = [problem for file in configuration.files.values() for problem in file.problems]
    for problem in own:
        if problem.kind in ("limit", "bytes", "syntax"):
            configuration.not_read.append((f"{problem.span.file}:{problem.span.line}", problem.message))
    configuration.reading[:0] = own


def _targets(configuration: Configuration, directive: Directive, locate: Locate) -> list[str]:
    if len(directive.args) != 1 or directive.block is not None:
        return []
    found = locate(directive.args[0])
    if found.problem:
        configuration.reading.append(Problem(directive.arg_span(0), found.problem, found.kind))
        configuration.not_read.append((directive.args[0], found.problem))
    return found.paths


def parsed(
    path: str, data: bytes, read_before: Mapping[str, ParsedFile] | None, parse_file: ParseFile = parse
) -> ParsedFile:
    """One file, parsed unless it was read before and is still the same."""
    known = None if read_before is None else read_before.get(path)
    return known if known is not None and known.source.data == data else parse_file(path, data)


def _read_included(
    configuration: Configuration,
    read: Read,
    directive: Directive,
    path: str,
    read_before: Mapping[str, ParsedFile] | None,
    parse_file: ParseFile,
) -> ParsedFile | None:
    data: bytes | Absent | NotCollected | Unreadable
    if len(configuration.files) >= MOST_FILES:
        data = NotCollected(f"more than {MOST_FILES:,} files are included")
    else:
        data = read(path)
    if isinstance(data, bytes):
        file = configuration.files[path] = parsed(path, data, read_before, parse_file)
        return file
    reason = reason_of(data)
    kind = "not-collected" if isinstance(data, NotCollected) else "include"
    message = f'the included file "{path}" cannot be read: {reason}'
    configuration.reading.append(Problem(directive.arg_span(0), message, kind))
    configuration.not_read.append((path, reason))
    return None


def _unread_main(main: str, answer: Absent | NotCollected | Unreadable) -> ParsedFile:
    kind = "limit" if isinstance(answer, NotCollected) else "include"
    message = f"the configuration file cannot be read: {reason_of(answer)}"
    return ParsedFile(Source(main, b""), [], [Problem(Span(main, 1, 1, 1, 1, 0, 0), message, kind)])
