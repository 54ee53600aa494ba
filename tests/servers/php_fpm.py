"""A real php-fpm with one pool, as a child of the test, and a world in which its pool's file lies where they do."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import TYPE_CHECKING

from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import DIRECTORY, FILE, Entry
from audit403.evidence.local import LocalEvidence
from audit403.evidence.overlay import Overlay

from .need import need
from .process import ending_with_the_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from audit403.core.edit import Edit
    from audit403.evidence.interface import Absent, Evidence, NotCollected, Unreadable

FOLDER = "/etc/php-fpm.d"
#: Each script with its mode and its owner.
SCRIPTS = {
    "a.php": (0o644, 0), "a.html": (0o644, 0), "a.phar": (0o644, 0), "A.PHP": (0o644, 0), "closed.php": (0o600, 0),
    "own.php": (0o600, 33), "closed.html": (0o600, 0), "noext": (0o644, 0), "a.php7": (0o644, 0), ".php": (0o644, 0),
    "shut/a.php": (0o644, 0), "shut/a.html": (0o644, 0), "x.php/y.html": (0o644, 0),
}  # fmt: skip
ASKED = (*SCRIPTS, "gone.php", "gone.html", "x.php", "shut", "a.php/more", "a.html/more.php", "", "x.php/")
POOL = """
[www]
user = www-data
group = www-data
listen = {0}/php.sock
listen.owner = www-data
pm = static
pm.max_children = 1
"""
LIMITS = ("", "security.limit_extensions = .php .html ; both", "security.limit_extensions =")


def laid_out_scripts(folder: Path) -> Path:
    """The docroot with them."""
    root = folder / "root"
    for name, (mode, owner) in SCRIPTS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<?php echo 'ran';")
        path.chmod(mode)
        os.chown(path, owner, owner)
    (root / "shut").chmod(0o700)
    return root


@contextlib.contextmanager
def running_pool(folder: Path, pool: str) -> Iterator[Evidence]:
    """php-fpm with this pool, and the world with it."""
    conf = folder / "php-fpm.conf"
    conf.write_text(f"[global]\nerror_log = {folder}/php-fpm.log\ndaemonize = no\n{pool}\n")
    command = [need("php-fpm8.2"), "-n", "-F", "-y", str(conf)]
    process = subprocess.Popen(ending_with_the_tests(command), stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while not (folder / "php.sock").exists() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
        assert (folder / "php.sock").exists(), (folder / "php-fpm.log").read_text()
        yield WithPool(LocalEvidence(), pool)
    finally:
        process.terminate()
        process.wait()


class WithPool(Forwarding):
    """This machine with a file of pools of its own."""

    def __init__(self, inner: Evidence, pool: str) -> None:
        super().__init__(inner)
        self._pool = pool

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        if path == FOLDER:
            return Entry(DIRECTORY, 0o755, 0, 0)
        return Entry(FILE, 0o644, 0, 0) if path == f"{FOLDER}/test.conf" else super().entry(path)

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        return ("test.conf",) if path == FOLDER else () if path == "/etc/php" else super().names(path)

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        return self._pool.encode() if path == f"{FOLDER}/test.conf" else super().read(path)

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        return Overlay(self, edits)
