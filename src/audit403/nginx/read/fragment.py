"""Configurations out of folders and lone files: which files are main ones, and where the others belong.

A file that a main file includes is judged within that; only one that nobody includes gets surroundings of ours.
"""

from collections.abc import Iterable, Mapping
from itertools import islice

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Problem
from audit403.evidence.interface import Entry, Evidence, reason_of
from audit403.evidence.links import parent_of, real_path
from audit403.evidence.stand_ins import NO_PATHS, PathMap
from audit403.nginx.read.by_name import candidates
from audit403.nginx.read.configuration import Configuration, follow_includes, parsed, read_configuration
from audit403.nginx.read.locate import CONF_DIRECTORIES, Located, Locator
from audit403.nginx.read.other_languages import (
    MOST_PARENTS,
    NOT_RECOGNISED,
    is_in_another_language,
    mains_around,
    may_have_main_block,
)
from audit403.nginx.read.parse import parse
from audit403.nginx.read.surroundings import SURROUNDINGS, belonging, is_main
from audit403.nginx.read.tree import ParsedFile

#: Folders of a configuration directory that hold parts of the configuration.
PART_FOLDERS = frozenset(
    {
        "common",
        "conf.d",
        "default.d",
        "http.d",
        "inc",
        "include",
        "includes",
        "modules-available",
        "modules-enabled",
        "sites",
        "sites-available",
        "sites-enabled",
        "snippets",
        "stream.d",
        "streams-enabled",
        "vhosts",
        "vhosts.d",
    }
)
#: So many statements of a lone file tell where it belongs.
MOST_JUDGED = 10_000
ENOUGH_KNOWN = 0.5


class Folder(NamedTuple):
    """What a folder holds: the main configurations, the files that none of them includes, what was not looked at."""

    configurations: list[Configuration]
    fragments: list[Configuration]
    not_read: list[tuple[str, str]]


def read_folder(folder: str, evidence: Evidence, *, prefix: str | None = None, path_map: PathMap = NO_PATHS) -> Folder:
    """Everything in a folder that is nginx configuration."""
    return read_of(*candidates(folder, evidence), evidence, prefix=prefix, path_map=path_map)


def read_of(
    paths: Iterable[str], missed: Iterable[tuple[str, str]], evidence: Evidence, *, prefix: str | None = None,
    path_map: PathMap = NO_PATHS,
) -> Folder:  # fmt: skip
    """What of some files, those that may be configuration by their names, is; `missed` could not be looked at."""
    not_read = list(missed)
    mains: list[Configuration] = []
    others: list[tuple[str, bytes]] = []
    for path in paths:
        data = evidence.read(path)
        if not isinstance(data, bytes):
            not_read.append((path, reason_of(data)))
        elif may_have_main_block(data) and is_main((file := parse(path, data)).directives):
            read = {path: file}
            mains.append(read_configuration(path, evidence, prefix=prefix, path_map=path_map, read_before=read))
        else:
            others.append((path, data))
    included = {path for one in mains for path in one.files if path != one.main.path}
    real = {real_path(evidence, path) for path in included}
    mains = [one for one in mains if one.main.path not in included]
    fragments = []
    for path, data in others:
        if path in included or real_path(evidence, path) in real:
            continue
        file = parse(path, data)
        if _looks_like_nginx(path, file):
            fragments.append(_surrounded(file, evidence, path_map, prefix))
    parts = {path for one in fragments for path in one.files if path != one.about}
    return Folder(mains, [one for one in fragments if one.about not in parts], not_read)


def read_lone(
    path: str,
    evidence: Evidence,
    *,
    prefix: str | None = None,
    path_map: PathMap = NO_PATHS,
    read_before: Mapping[str, ParsedFile] | None = None,
) -> Configuration:
    """The configuration of one file: itself, the main file near it that includes it, or surroundings of ours."""
    data = evidence.read(path)
    if not isinstance(data, bytes):
        return read_configuration(path, evidence, prefix=prefix, path_map=path_map)
    file = parsed(path, data, read_before)
    read = {**(read_before or {}), path: file}
    if is_main(file.directives):
        return read_configuration(path, evidence, prefix=prefix, path_map=path_map, read_before=read)
    for main in mains_around(path):
        if main != path and isinstance(evidence.read(main), bytes):
            configuration = read_configuration(main, evidence, prefix=prefix, path_map=path_map, read_before=read)
            if path in configuration.files:
                return configuration
    return _surrounded(file, evidence, path_map, prefix)


def read_standard_input(
    data: bytes, name: str, evidence: Evidence, *, prefix: str | None = None, path_map: PathMap = NO_PATHS
) -> Configuration:
    """A configuration from a pipe: the output of `nginx -T`, or one file that would lie at `name`."""
    from audit403.nginx.read.dump import is_dump, read_dump

    if is_dump(data):
        return read_dump(data)
    return _surrounded(parse(name, data), evidence, path_map, prefix)


def _surrounded(file: ParsedFile, evidence: Evidence, path_map: PathMap, prefix: str | None) -> Configuration:
    """A configuration in which the file stands in the context that its directives, and those it includes, ask for."""
    conf_directory = _conf_directory_of(file.path, evidence)
    locator = Locator(evidence, conf_directory, path_map)
    whole = is_main(file.directives)

    def locate(argument: str) -> Located:
        found = locator.locate(argument)
        # Without the main file the directory of a relative include is only assumed.
        return found if whole else found._replace(kind="not-collected")

    configuration = Configuration(file, conf_directory, prefix)
    follow_includes(configuration, evidence.read, locate)
    statements = islice(configuration.expand(file.directives), MOST_JUDGED)
    where = belonging(file.path, list(statements))
    before, after = SURROUNDINGS[where.context]
    if before:
        text = f'{before}include "{_quoted(file.path)}";\n{after}'
        main = parse("(assumed surroundings)", text.encode("utf-8", "surrogateescape"))
        configuration.surround(main, where.context)
    if where.known < ENOUGH_KNOWN or is_in_another_language(file.source.data):
        configuration.recognised = False
        configuration.not_read.append((file.path, NOT_RECOGNISED))
        configuration.reading.append(Problem(Span(file.path, 1, 1, 1, 1, 0, 0), NOT_RECOGNISED, "directive"))
    return configuration


def _quoted(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"')


def _conf_directory_of(path: str, evidence: Evidence) -> str:
    """The directory that the main file of a part lies in, or would lie in."""
    directory = parent_of(path)
    for target in CONF_DIRECTORIES:
        position = (directory + "/").find(target + "/")
        if position >= 0:
            return directory[: position + len(target)]
    for main in mains_around(path):
        if isinstance(evidence.entry(main), Entry):
            return parent_of(main)
    here = directory
    for _ in range(MOST_PARENTS):
        if here.rpartition("/")[2] in PART_FOLDERS:
            return parent_of(here)
        here = parent_of(here)
    return directory


def _looks_like_nginx(path: str, file: ParsedFile) -> bool:
    """Many programs have *.conf files: one whose statements nginx does not know is none of ours."""
    if is_in_another_language(file.source.data):
        return False
    known = belonging(path, file.directives).known
    if "nginx" in path or any(f"/{part}/" in path for part in PART_FOLDERS):
        return known > 0
    broken = sum(1 for problem in file.problems if problem.kind == "syntax")
    return 2 * broken < len(file.directives) and known > ENOUGH_KNOWN
