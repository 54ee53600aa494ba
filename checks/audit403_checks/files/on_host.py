"""Fixes for what a server sees through mounts or in a root of its own, by the names that its files have outside.

Truth: mount_namespaces(7); BindPaths= and RootDirectory= of systemd.exec(5).
"""

import shlex
from collections.abc import Iterable
from typing import cast

from audit403.core.edit import Edit, ModeEdit
from audit403.core.finding import Fix
from audit403.evidence.interface import Evidence
from audit403.files.mounts import SeenByWorker


def on_host(evidence: Evidence, fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Fixes for the world that a server sees, as whoever runs their commands outside of its mounts writes them."""
    return tuple(_moved(evidence, one) for one in fixes) if isinstance(evidence, SeenByWorker) else tuple(fixes)


def _moved(evidence: SeenByWorker, fix: Fix) -> Fix:
    paths = [path for edit in fix.world if (path := _path_of(edit)) is not None]
    places = dict(place for path in paths if (place := evidence.place_on_host(path)) is not None)
    if not places:
        return fix
    where = " and ".join(f"{there}, which the server sees as {point or '/'}" for point, there in places.items())
    return fix._replace(
        summary=f"{fix.summary}: it lies in {where}",
        commands=tuple(_rewritten(command, places) for command in fix.commands),
        world=tuple(_edited(edit, places) for edit in fix.world),
    )


def _rewritten(command: str, places: dict[str, str]) -> str:
    words = [_renamed(word, places) for word in shlex.split(command)]
    return command if words == shlex.split(command) else shlex.join(words)


def _edited(edit: Edit, places: dict[str, str]) -> Edit:
    path, changed = _path_of(edit), cast("ModeEdit", edit)
    return edit if path is None else changed._replace(path=_renamed(path, places))


def _path_of(edit: Edit) -> str | None:
    """The entry that an edit changes; None where it is about something else."""
    path: str | None = getattr(edit, "path", None)
    return path


def _renamed(word: str, places: dict[str, str]) -> str:
    """A path, or a pattern of find(1) that begins with one, as the host has it."""
    for point in sorted(places, key=len, reverse=True):
        if word == point or word.startswith((f"{point}/", f"{point}*")):
            return places[point] + word[len(point) :]
    return word
