"""A real ssh-agent for tests, at a socket of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

from .need import need
from .process import ending_with_the_tests, stop_process

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_SECONDS = 10.0


class SshAgent:
    """An agent that holds the keys that `add` was given."""

    def __init__(self, path: Path) -> None:
        need("ssh")
        self.socket = path
        self._process = subprocess.Popen(
            ending_with_the_tests([need("ssh-agent"), "-D", "-a", str(path)]),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + _SECONDS
        while not _listens(self.socket):
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("ssh-agent did not start")
            time.sleep(0.002)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop_process(self._process, signal.SIGTERM, _SECONDS)

    def add(self, key: Path, *options: str) -> None:
        """Have it hold a key; with `-c` it asks whether it may sign, and nobody is there to say yes."""
        environment = os.environ | {"SSH_AUTH_SOCK": str(self.socket)}
        subprocess.run(
            [need("ssh-add"), "-q", *options, str(key)], check=True, env=environment, stdin=subprocess.DEVNULL
        )


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
