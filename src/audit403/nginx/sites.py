"""Which nginx configurations stand in a file or a folder."""

from collections.abc import Iterator

from audit403.core.family import NotAudited, Options
from audit403.evidence.interface import DIRECTORY, Entry, Evidence
from audit403.nginx.read.configuration import Configuration
from audit403.nginx.read.fragment import NOT_RECOGNISED, is_of_another_program, read_folder, read_lone


def configurations(target: str, evidence: Evidence, options: Options) -> Iterator[Configuration | NotAudited]:
    """The configurations behind a path: a folder's main files and fragments, or what a lone file belongs to."""
    path_map = dict(options.paths)
    entry = evidence.entry(target)
    if isinstance(entry, Entry) and entry.kind == DIRECTORY:
        folder = read_folder(target, evidence, prefix=options.prefix, path_map=path_map)
        yield from folder.configurations
        yield from folder.fragments
        yield from (NotAudited(path, reason) for path, reason in folder.not_read)
        return
    named_after_nginx = "nginx" in target.rpartition("/")[2]
    if not named_after_nginx and is_of_another_program(target, evidence):
        yield NotAudited(target, NOT_RECOGNISED)
        return
    configuration = read_lone(target, evidence, prefix=options.prefix, path_map=path_map)
    if (target, NOT_RECOGNISED) in configuration.not_read and not named_after_nginx:
        yield NotAudited(target, NOT_RECOGNISED)
    else:
        yield configuration
