"""An interactive shell on a terminal of its own, at which a test types: what Tab makes of a line."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMPT = "READY> "
PATIENCE = 20.0
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x07")


class Shell:
    """The master's end of the terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.seen = ""

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def shows(self, pattern: str) -> str:
        """Wait until what is shown since the last call matches; what was shown up to there."""
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.seen)
            if found:
                shown, self.seen = self.seen[: found.end()], self.seen[found.end() :]
                return shown
            if not select.select([self._descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"{pattern!r} was not shown, but: {self.seen!r}")
            self.seen = _ESCAPES.sub("", self.seen + os.read(self._descriptor, 65536).decode(errors="replace"))


@contextlib.contextmanager
def shell(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[Shell]:
    """Start it; it is ended with its terminal."""
    process, descriptor = pty.fork()
    if process == 0:
        try:
            os.chdir(folder)
            os.execvpe(command[0], command, environment | {"TERM": "dumb", "COLUMNS": "200", "LINES": "50"})
        finally:
            os._exit(127)
    try:
        yield Shell(descriptor)
    finally:
        os.close(descriptor)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
