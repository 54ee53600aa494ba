"""What the generators of random trees have in common: what was built, and how a socket comes to a path."""

from __future__ import annotations

import os
import socket
from typing import NamedTuple


class Tree(NamedTuple):
    """What was built: canonical paths by kind, the root first among the directories."""

    root: str
    directories: list[str]
    files: list[str]
    links: list[str]

    def everything(self) -> list[str]:
        return [*self.directories, *self.files, *self.links]


def make_socket(path: str) -> None:
    """A socket's address is short, so it is bound by a relative name."""
    here = os.getcwd()
    os.chdir(os.path.dirname(path))
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("s")
        os.rename("s", path)
    finally:
        os.chdir(here)
