"""How paths are shown: below the current directory as a person would type them, unless the targets were absolute."""

import os
from collections.abc import Sequence

from audit403.core.edit import TextEdit
from audit403.core.finding import Finding
from audit403.core.place import Because, Place, Span


class Paths:
    """Shortens the paths of one report."""

    def __init__(self, targets: Sequence[str], folder: str | None = None) -> None:
        self._relative = not all(os.path.isabs(target) for target in targets) if targets else True
        self._folder = (os.getcwd() if folder is None else folder).rstrip("/") + "/"

    def shown(self, path: str) -> str:
        """The path as it is shown."""
        return path[len(self._folder) :] if self._relative and path.startswith(self._folder) else path

    def place(self, place: Place) -> Place:
        """The place with its file as it is shown."""
        return place._replace(file=self.shown(place.file)) if isinstance(place, Span) else place

    def finding(self, finding: Finding) -> Finding:
        """The finding with all of its files as they are shown."""
        fix = finding.fix
        if fix is not None and fix.edits:
            fix = fix._replace(edits=tuple(self._edit(edit) for edit in fix.edits))
        because = tuple(Because(self.place(link.where), link.message) for link in finding.because)
        return finding._replace(where=self.place(finding.where), because=because, fix=fix)

    def _edit(self, edit: TextEdit) -> TextEdit:
        return edit._replace(file=self.shown(edit.file))
