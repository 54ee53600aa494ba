"""Which Apache configurations stand in a file or a folder; what answers for them is imported when there is one."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.apache.family import NOT_RECOGNISED
from audit403.apache.read.by_name import candidates
from audit403.core.family import NotAudited, Options
from audit403.evidence.interface import DIRECTORY, Entry, Evidence

if TYPE_CHECKING:
    from audit403.apache.read.configuration import Configuration, Settings
    from audit403.apache.site import ApacheSite


def sites_of(target: str, evidence: Evidence, options: Options) -> "Iterator[ApacheSite | NotAudited]":
    """The sites of a file or a folder."""
    path = os.path.abspath(target)
    entry = evidence.entry(path)
    is_folder = isinstance(entry, Entry) and entry.kind == DIRECTORY
    paths, missed = candidates(path, evidence) if is_folder else ([path], [])
    if not paths:
        yield from (NotAudited(one, reason) for one, reason in missed)
        return
    from audit403.apache.read.fragment import around_htaccess, read_lone, read_of

    settings = settings_of(options)
    if is_folder:
        folder = read_of(paths, missed, evidence, settings)
        for configuration in (*folder.configurations, *folder.fragments):
            yield _site(configuration, configuration.about, evidence, options)
        for access_file in folder.access_files:
            yield _site(around_htaccess(access_file, evidence, settings), access_file, evidence, options)
        yield from (NotAudited(one, reason) for one, reason in folder.not_read)
        return
    configuration = read_lone(path, evidence, settings)
    if (path, NOT_RECOGNISED) in configuration.not_read:
        yield NotAudited(path, NOT_RECOGNISED)
    else:
        yield _site(configuration, path, evidence, options)


def settings_of(options: Options) -> "Settings":
    """How its configuration is read."""
    from audit403.apache.read.configuration import Settings

    return Settings(options.prefix, dict(options.paths), options.words)


def _site(configuration: "Configuration", path: str, evidence: Evidence, options: Options) -> "ApacheSite":
    from audit403.apache.site import site_around

    return site_around(configuration, path, evidence, options)
