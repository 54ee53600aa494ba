"""Several files in one text: what shrinks a configuration and takes directives out then reaches all of them.

The text is the main configuration up to a line `#=== PATH MODE`, which begins another file, below the prefix.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from differential.apache.duel import Duel

if TYPE_CHECKING:
    from pathlib import Path

_MARK = re.compile(r"^#=== (\S+) ([0-7]{3,4})\n", re.MULTILINE)


def file_in_bundle(path: str, text: str, mode: str = "644") -> str:
    """A file as it stands in a bundle."""
    return f"#=== {path} {mode}\n{text.rstrip()}\n"


class BundleDuel(Duel):
    """A duel about bundles. `preamble` is what every main configuration begins with, and is never taken out."""

    def __init__(self, prefix: Path, preamble: str) -> None:
        super().__init__(prefix, modules=(), extra=())
        self.preamble = preamble
        self._written: list[Path] = []

    def whole(self, body: str) -> str:
        """Write the other files, and give back the main one."""
        for path in self._written:
            path.unlink(missing_ok=True)
        self._written.clear()
        main, *rest = _MARK.split(body)
        for name, mode, text in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            path = self.prefix / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
            path.chmod(int(mode, 8))
            self._written.append(path)
        return f"{self.preamble}\n{main}"
