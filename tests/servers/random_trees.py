"""Random trees of files on this machine, with names, kinds, modes and owners of every sort."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

NAMES = (
    "-rf", "a b", "line\nfeed", "tab\t", "$(touch hit)", "'single'", '"double"', "back\\slash", "star*", "?", "[a-z]",
    "#", "~root", "\udcff\udcfe", "ümlaut", "ends with\n", " ", "\x1b[31m", "%s%n", "@0", "=0", "!", "d1", "f644",
    "...", "n" * 255, "\U0001f512", "\ue000", "/0/0/".replace("/", "-"),
)  # fmt: skip
_TARGETS = ("a/../b", "/etc/passwd", ".", "\n", "\udcff", "d1/755/0/0/1/x", " ")


def lay_out(root: str, random: Random, entries: int) -> None:
    """A directory with so many entries below it; whoever is no root owns them all."""
    os.mkdir(root)
    directories = [root]
    for number in range(entries):
        above = random.choice(directories[-8:] if random.random() < 0.7 else directories)
        name = random.choice(NAMES) if random.random() < 0.4 else f"{random.choice('abc')}{number}"
        path = raw(f"{above}/{name}")
        if os.path.lexists(path) or len(path) > 3500:
            continue
        kind = random.choices("dflps", (25, 60, 10, 2, 1))[0]
        if kind == "d":
            os.mkdir(path)
            directories.append(f"{above}/{name}")
        elif kind == "f":
            with open(path, "wb") as file:
                file.write(b"x" * random.choice((0, 0, 1, 999)))
        elif kind == "l":
            os.symlink(raw(random.choice(_TARGETS)), path)
        elif kind == "p":
            os.mkfifo(path)
        elif not _socket(path):
            continue
        if os.geteuid() == 0:
            os.lchown(path, random.choice((0, 33, 1000, 2**32 - 2)), random.choice((0, 33, 2600)))
        if kind != "l":
            os.chmod(path, random.choice((0o644, 0o644, 0o755, 0o640, 0o600, 0o4711, 0o2775, 0o1777, 0o000, 0o7777)))


def _socket(path: bytes) -> bool:
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(path)
        except OSError:  # the path of a socket has no room for long ones
            return False
    return True


def below(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below a directory, as lstat(2) shows it, in the order of names."""
    for name in sorted(os.listdir(raw(root))):
        path = f"{root.rstrip('/')}/{name.decode('utf-8', 'surrogateescape')}"
        status = os.lstat(raw(path))
        yield path, status
        if stat.S_ISDIR(status.st_mode):
            yield from below(path)


def raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
