"""Servers in a mount namespace of their own, as systemd and containers give them one."""

from __future__ import annotations

import ctypes
import shlex
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .need import need, need_root

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence


class Sandbox(NamedTuple):
    """What a service sees that others do not: commands that mount it, each with its point, and the unit's settings."""

    commands: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    settings: tuple[tuple[str, str], ...]

    def within(self, without: Container[str] = ()) -> tuple[str, ...]:
        """What to put before the server's command; what is mounted at the points `without` is left out."""
        return in_own_mounts(*(one for point, made in self.commands if point not in without for one in made))


def sandbox_of(text: str, folder: str) -> Sandbox:
    """One a line: `inaccessible PATH`, `tmpfs PATH [OPTIONS]`, `bind SOURCE PATH [OPTIONS]`, `fuse PATH OPTIONS`,
    `unit Setting=value`; `folder` is for what systemd keeps in /run.
    """
    commands: list[tuple[str, tuple[tuple[str, ...], ...]]] = []
    settings = []
    for line in text.splitlines():
        kind, *words = line.split()
        if kind == "unit":
            name, _, value = " ".join(words).partition("=")
            settings.append((name, value))
        elif kind == "inaccessible":
            commands.append((words[0], _inaccessible(words[0], folder)))
        elif kind == "tmpfs":
            commands.append(
                (words[0], (("mount", "-t", "tmpfs", "-o", ",".join(words[1:]) or "rw", "tmpfs", words[0]),))
            )
        elif kind == "fuse":
            commands.append((words[0], (_fuse(words[0], words[1]),)))
        elif kind == "bind":
            again = (("mount", "-o", f"remount,bind,{words[2]}", words[1]),) if words[2:] else ()
            commands.append((words[1], (("mount", "--bind", words[0], words[1]), *again)))
        else:
            raise ValueError(f"{line}: expected inaccessible, tmpfs, bind, fuse or unit")
    return Sandbox(tuple(commands), tuple(settings))


def _fuse(point: str, options: str) -> tuple[str, ...]:
    """A file system of this process's own in user space; the server is started when it is there."""
    folder = shlex.quote(str(Path(__file__).parents[1]))
    serve = f"cd {folder} && exec {shlex.quote(sys.executable)} -m servers.fuse {shlex.quote(point)} {options} $PPID"
    return (
        "sh",
        "-c",
        f"({serve}) & until grep -q {shlex.quote(f' {point} ')} /proc/self/mountinfo; do sleep 0.05; done",
    )


def _inaccessible(point: str, folder: str) -> tuple[tuple[str, ...], ...]:
    """As systemd does it: a directory of mode 000 in its tmpfs is bound over the point."""
    there = f"{folder}/systemd/inaccessible/dir"
    return (
        ("mount", "-t", "tmpfs", "tmpfs", folder),
        ("mkdir", "-p", there),
        ("chmod", "0", there),
        ("mount", "--bind", there, point),
        ("umount", "-l", folder),
    )


def in_own_mounts(*commands: Sequence[str]) -> tuple[str, ...]:
    """What to put before a server's command so that these commands change what it sees, and only what it sees."""
    need_root()
    script = " && ".join([*(shlex.join(command) for command in commands), 'exec "$@"'])
    return (need("unshare"), "-m", "sh", "-c", script, "sh")


def in_private_mounts(work: Callable[[], None]) -> None:
    """Run something in a thread that has a mount namespace of its own, which its subprocesses have, too: what it mounts
    nobody else sees.
    """
    need_root()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(_NEW_MOUNTS) != 0 or libc.mount(b"none", b"/", None, _PRIVATE, None) != 0:
                raise OSError(ctypes.get_errno(), "a mount namespace cannot be made")
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


_NEW_MOUNTS, _PRIVATE = 0x00020000, 1 << 18 | 1 << 14
