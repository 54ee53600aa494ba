"""Which nginx configurations stand in a file or a folder."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.family import NotAudited, Options
from audit403.evidence.interface import DIRECTORY, Entry, Evidence
from audit403.nginx.read.by_name import candidates
from audit403.nginx.read.other_languages import NOT_RECOGNISED, is_of_another_program

if TYPE_CHECKING:
    from audit403.nginx.read.configuration import Configuration


def configurations(target: str, evidence: Evidence, options: Options) -> Iterator["Configuration | NotAudited"]:
    """The configurations behind a path: a folder's main files and fragments, or what a lone file belongs to."""
    entry = evidence.entry(target)
    is_folder = isinstance(entry, Entry) and entry.kind == DIRECTORY
    named_after_nginx = "nginx" in target.rpartition("/")[2]
    if not is_folder and not named_after_nginx and is_of_another_program(target, evidence):
        yield NotAudited(target, NOT_RECOGNISED)
        return
    paths, missed = candidates(target, evidence) if is_folder else ([target], [])
    if not paths:
        yield from (NotAudited(path, reason) for path, reason in missed)
        return
    from audit403.nginx.read.fragment import read_lone, read_of

    path_map = dict(options.paths)
    if is_folder:
        folder = read_of(paths, missed, evidence, prefix=options.prefix, path_map=path_map)
        yield from folder.configurations
        yield from folder.fragments
        yield from (NotAudited(path, reason) for path, reason in folder.not_read)
        return
    configuration = read_lone(target, evidence, prefix=options.prefix, path_map=path_map)
    if (target, NOT_RECOGNISED) in configuration.not_read and not named_after_nginx:
        yield NotAudited(target, NOT_RECOGNISED)
    else:
        yield configuration
