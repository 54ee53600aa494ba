"""The broken host behind an sshd, and the home of who audits it."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .broken_host import AUDIT, BrokenHost, broken_host, findings_of
from .sshd import Home, Sshd, block, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Away:
    """A host behind sshd, and the home of who audits it."""

    def __init__(self, host: BrokenHost, sshd: Sshd, home: Home) -> None:
        self.host, self.sshd, self.home = host, sshd, home

    def run(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run audit403 here, where the host's processes are not seen."""
        environment = {**os.environ, "HOME": str(self.home.folder)}
        environment.pop("SSH_AUTH_SOCK", None)
        return subprocess.run(
            [*AUDIT, *words], input=text, capture_output=True, text=True, timeout=120, env=environment, check=False
        )

    def json(self, *words: str) -> Any:
        """What it says as JSON."""
        done = self.run(*words, "--format", "json")
        assert done.returncode in (0, 1, 3), done.stderr
        return findings_of(done.stdout)


@contextmanager
def host_away(folder: Path) -> Iterator[Away]:
    """The broken host, reached by the name web1; nobody knows the key of web2, which is the same."""
    with broken_host() as host, Sshd(folder / "sshd", place=host.place) as sshd:
        home, key = Home(folder / "home"), make_key(folder / "key")
        sshd.allow(key)
        home.configure(block("web1", sshd, key), block("web2", sshd, key, "HostKeyAlias web2"))
        home.knows(sshd.known())
        yield Away(host, sshd, home)
