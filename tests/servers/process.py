"""What every server of the tests needs: a directory its workers reach, a process that ends with the test, its log."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

IS_ROOT = os.geteuid() == 0


def worker_user() -> str:
    """The user that a server's workers run as: www-data under root, otherwise whoever runs the tests."""
    if IS_ROOT:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam("www-data").pw_name
        return "nobody"
    return pwd.getpwuid(os.geteuid()).pw_name


def children(pid: int) -> list[int]:
    """The process ids of a process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def name_of(pid: int) -> str:
    """A process's name."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@functools.lru_cache(1)
def _setpriv() -> str | None:
    return shutil.which("setpriv")


def ending_with_the_tests(command: list[str]) -> list[str]:
    """A command whose process ends when the test run is killed.

    setpriv says so to the kernel, and not a function between fork and exec: with one, Python forks instead of
    vforking, and to copy the page tables of a test run of some hundred megabytes takes longer than a server's start.
    """
    setpriv = _setpriv()
    return command if setpriv is None else [setpriv, "--pdeathsig", "TERM", *command]


def stop_process(process: subprocess.Popen[bytes], how: signal.Signals, timeout: float) -> None:
    """Stop a server by its own process id; if it will not, kill it with its workers."""
    process.send_signal(how)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        workers = children(process.pid)
        process.kill()
        process.wait()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def size_of(path: Path) -> int:
    """The size of a file, 0 for one that is not there."""
    return path.stat().st_size if path.exists() else 0


def logged_since(path: Path, start: int) -> list[str]:
    """The lines of a log from this size of it on."""
    if not path.exists():
        return []
    with path.open("rb") as log:
        log.seek(start)
        return log.read().decode(errors="replace").splitlines()


@contextlib.contextmanager
def server_directory() -> Iterator[Path]:
    """A directory that a server's workers can reach; pytest's own tmp_path lies below one of mode 0700."""
    path = Path(tempfile.mkdtemp(prefix="audit403-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    """Delete a tree, also one whose directories a test has closed to its own owner."""
    if not IS_ROOT:
        for folder, names, _ in os.walk(path):
            for name in names:
                entry = Path(folder) / name
                if not entry.is_symlink():
                    entry.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
