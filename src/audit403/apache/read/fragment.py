"""Configurations out of folders and lone files: which files are main ones, and where the others belong.

A file that a main file includes is judged within that; one that is not enabled as if it were; only one without any
main file near it, and a lone `.htaccess`, get surroundings of ours.
"""

from collections.abc import Iterable

from audit403.apache.family import NOT_RECOGNISED, is_of_another_program
from audit403.apache.paths import merge
from audit403.apache.read.by_name import ACCESS_FILE, candidates
from audit403.apache.read.configuration import (
    USUAL,
    Configuration,
    Settings,
    read_around,
    read_configuration,
    root_of,
)
from audit403.apache.read.include import Found
from audit403.apache.read.locate import SERVER_ROOTS, Locator
from audit403.apache.read.modules import DEBIAN, SHARED_HOST
from audit403.apache.read.parse import ParsedFile, parse
from audit403.apache.read.surroundings import BASE, SURROUNDINGS, belonging, is_main
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import ASSUMED, Span
from audit403.core.source import Problem
from audit403.evidence.interface import (
    Entry,
    Evidence,
    reason_of,
)
from audit403.evidence.links import join, parent_of, real_path

#: Folders of a configuration directory that hold parts of the configuration.
_PART_FOLDERS = (
    "conf.d conf.modules.d conf-available conf-enabled extra mods-available mods-enabled sites sites-available "
    "sites-enabled vhosts vhosts.d"
)
PART_FOLDERS = frozenset(_PART_FOLDERS.split())
#: What is only offered there: a main file beside it says what of it is enabled.
_OFFERED = ("/mods-available/", "/conf-available/", "/sites-available/")
_MAIN_NAMES = ("apache2.conf", "httpd.conf", "conf/httpd.conf")
MOST_PARENTS = 4
ENOUGH_KNOWN = 0.5


class Folder(NamedTuple):
    """What a folder holds: main configurations, files that none of them includes, `.htaccess` files, what was not read.

    What only lies in sites-available, where a main file beside it reads sites-enabled, is not configuration.
    """

    configurations: list[Configuration]
    fragments: list[Configuration]
    access_files: list[str]
    not_read: list[tuple[str, str]]


def read_folder(folder: str, evidence: Evidence, settings: Settings = USUAL) -> Folder:
    """Everything in a folder that is Apache configuration."""
    return read_of(*candidates(folder, evidence), evidence, settings)


def read_of(
    paths: Iterable[str], missed: Iterable[tuple[str, str]], evidence: Evidence, settings: Settings = USUAL
) -> Folder:
    """What of some files, those that may be configuration by their names, is; `missed` could not be looked at."""
    not_read = list(missed)
    mains: list[Configuration] = []
    others: list[ParsedFile] = []
    access_files: list[str] = []
    for path in paths:
        if path.endswith(f"/{ACCESS_FILE}"):
            access_files.append(path)
            continue
        data = evidence.read(path)
        if not isinstance(data, bytes):
            not_read.append((path, reason_of(data)))
            continue
        if is_of_another_program(data):
            continue
        file = parse(path, data)
        if is_main(path, file.lines.lines):
            mains.append(read_configuration(path, evidence, settings, read_before={path: file}))
        elif _looks_like_apache(file):
            others.append(file)
    included = {path for one in mains for path in one.files if path != one.main.path}
    real = {real_path(evidence, path) for path in included}
    mains = [one for one in mains if one.main.path not in included]
    fragments = [
        _surrounded(file, evidence, settings)
        for file in others
        if file.path not in included and real_path(evidence, file.path) not in real and not _only_offered(file, mains)
    ]
    parts = {path for one in fragments for path in one.files if path not in (one.about, one.main.path)}
    return Folder(mains, [one for one in fragments if one.about not in parts], access_files, not_read)


def read_lone(path: str, evidence: Evidence, settings: Settings = USUAL) -> Configuration:
    """The configuration of one file: itself, the main file near it, or surroundings of ours."""
    if path.endswith(f"/{ACCESS_FILE}"):
        return around_htaccess(path, evidence, settings)
    data = evidence.read(path)
    if not isinstance(data, bytes):
        return read_configuration(path, evidence, settings)
    file = parse(path, data)
    if is_main(path, file.lines.lines):
        return read_configuration(path, evidence, settings, read_before={path: file})
    return _surrounded(file, evidence, settings)


def read_standard_input(data: bytes, name: str, evidence: Evidence, settings: Settings = USUAL) -> Configuration:
    """A configuration from a pipe: one file that would lie at `name`."""
    file = parse(name, data)
    if is_main(name, file.lines.lines):
        return read_around(file, evidence, settings)
    return _surrounded(file, evidence, settings)


def around_htaccess(
    path: str, evidence: Evidence, settings: Settings = USUAL, options: str = "FollowSymLinks"
) -> Configuration:
    """A server for a lone `.htaccess` file: everything may be overridden, and these Options are set.

    The document root is the highest of the folders around it that have such a file too.
    """
    root = parent_of(access_files_down_to(path, evidence)[0])
    text = (
        f'{BASE}DocumentRoot "{_quoted(root)}"\n<Directory "{_quoted(root)}">\n    Options {options}\n'
        "    AllowOverride All\n    Require all granted\n</Directory>\n"
    )
    main = parse(ASSUMED, text.encode("utf-8", "surrogateescape"))
    configuration = read_around(main, evidence, settings, server_root=SERVER_ROOTS[0], assumption=SHARED_HOST)
    configuration.assumed = f"AllowOverride All, Options {options}"
    configuration.about = path
    return configuration


def access_files_down_to(path: str, evidence: Evidence) -> list[str]:
    """An `.htaccess` file and those in the folders above it, the highest first; a checkout ends where it begins."""
    found = [path]
    below = parent_of(path)
    for above in access_files_above(path):
        if isinstance(evidence.entry(join(below, ".git")), Entry):
            break
        if isinstance(evidence.read(above), bytes):
            found.insert(0, above)
        below = parent_of(above)
    return found


def access_files_above(path: str) -> list[str]:
    """Where the `.htaccess` files lie, if there are any, of the folders above the one of an `.htaccess` file."""
    found = []
    folder = parent_of(path)
    while folder != "/":
        folder = parent_of(folder)
        found.append(join(folder, ACCESS_FILE))
    return found


def _surrounded(file: ParsedFile, evidence: Evidence, settings: Settings) -> Configuration:
    """A configuration with the file where its directives ask for, in the main file near it if there is one."""
    main = _main_around(file.path, evidence)
    if main is not None:
        configuration = read_configuration(main, evidence, settings)
        if file.path in configuration.files or _is_read(configuration, evidence, file.path):
            return configuration
    where = belonging(file)
    before, after = SURROUNDINGS[where.context]
    base = BASE if main is None else f'Include "{_quoted(main)}"\n'
    text = f'{base}{before}Include "{_quoted(file.path)}"\n{after}'
    root = settings.prefix or (_root_around(file.path) if main is None else root_of(main))
    world = _Around(file, Locator(evidence, root, settings.path_map), main)
    configuration = read_around(
        parse(ASSUMED, text.encode("utf-8", "surrogateescape")),
        evidence,
        settings,
        server_root=root,
        world=world,
        assumption=DEBIAN,
        is_part=main is None,
    )
    configuration.assumed = where.context if main is None else f"{where.context}, enabled in {main}"
    configuration.about = file.path
    if where.known < ENOUGH_KNOWN:
        configuration.not_read.append((file.path, NOT_RECOGNISED))
        configuration.reading.append(Problem(Span(file.path, 1, 1, 1, 1, 0, 0), NOT_RECOGNISED, "directive"))
    return configuration


class _Around:
    """The world of a lone file: the file itself is at hand whatever lies on the disk."""

    def __init__(self, file: ParsedFile, locator: Locator, main: str | None) -> None:
        self.file = file
        self.locator = locator
        self.given = {merge("/", path): path for path in (file.path, main) if path is not None}

    def find(self, path: str, optional: bool) -> list[Found]:
        given = self.given.get(path)
        if given is not None:
            return [Found(given)]
        found = self.locator.find(path, optional)
        # Without the main file the directory of a relative include is only assumed.
        lone = len(self.given) == 1
        return [one._replace(kind="not-collected") if one.problem and lone else one for one in found]

    def read(self, path: str) -> ParsedFile | Found:
        return self.file if path == self.file.path else self.locator.read(path)

    def exists(self, path: str) -> bool | None:
        return self.locator.exists(path)


def _only_offered(file: ParsedFile, mains: list[Configuration]) -> bool:
    """Whether a file lies in a folder of which a main file beside that reads what is enabled."""
    for part in _OFFERED:
        root, found, _ = file.path.rpartition(part)
        if found and (part == _OFFERED[0] or any(one.main.path.startswith(f"{root}/") for one in mains)):
            return True
    return False


def _is_read(configuration: Configuration, evidence: Evidence, path: str) -> bool:
    """Whether a configuration reads the file by another path: a link in sites-enabled."""
    real = real_path(evidence, path)
    return any(real == real_path(evidence, other) for other in configuration.files)


def _quoted(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"')


def _main_around(path: str, evidence: Evidence) -> str | None:
    """The main file in whose folder, or in a folder of parts of which, a file lies."""
    directory = parent_of(path)
    for _ in range(MOST_PARENTS):
        for name in _MAIN_NAMES:
            main = join(directory, name)
            data = evidence.read(main) if main != path else None
            if isinstance(data, bytes) and is_main(main, parse(main, data).lines.lines):
                return main
        if directory == "/" or directory.rpartition("/")[2] not in PART_FOLDERS:
            break
        directory = parent_of(directory)
    return None


def _root_around(path: str) -> str:
    """The folder that ServerRoot would be for a part without its main file."""
    directory = parent_of(path)
    for target in SERVER_ROOTS:
        position = (directory + "/").find(target + "/")
        if position >= 0:
            return directory[: position + len(target)]
    here = directory
    for _ in range(MOST_PARENTS):
        if here.rpartition("/")[2] in PART_FOLDERS:
            return parent_of(here)
        here = parent_of(here)
    return directory


def _looks_like_apache(file: ParsedFile) -> bool:
    """Many programs have *.conf files: one whose lines httpd does not know is none of ours."""
    if not file.lines.lines:
        return False
    known = belonging(file).known
    if any(f"/{part}/" in file.path for part in ("apache2", "httpd", *PART_FOLDERS)):
        return known > 0
    return known > ENOUGH_KNOWN
