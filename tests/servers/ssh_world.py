"""What the tests of both ways over SSH share: one sshd for a whole module, a home for each test, and a way in."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from audit403.host.connect import HostOptions, connect
from audit403.host.limits import Limits
from audit403.host.transport import output_of

from .process import server_directory
from .sshd import Home, Sshd, block, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audit403.host.transport import Transport

QUICK = Limits(connect=5, silence=10, whole=20)


class World(NamedTuple):
    """An sshd and a key that it lets in."""

    folder: Path
    sshd: Sshd
    key: Path

    def authority(self) -> Path:
        """The authority for users' certificates that the sshd trusts."""
        return self.folder / "authority"


@contextlib.contextmanager
def a_world() -> Iterator[World]:
    with server_directory() as folder:
        make_key(folder / "authority")
        options = f"TrustedUserCAKeys {folder / 'authority'}.pub"
        with Sshd(folder / "sshd", options) as sshd:
            sshd.allow(key := make_key(folder / "id"))
            yield World(folder, sshd, key)


class Way:
    """One transport, and the home that it reads its settings in."""

    def __init__(self, transport: str, home: Home) -> None:
        self.transport, self.home = transport, home

    def lead_to(self, world: World, *more: str, key: Path | None = None) -> None:
        """Have `web` be the sshd, its key known."""
        self.home.configure(block("web", world.sshd, key or world.key, *more))
        self.home.knows(world.sshd.known())

    def options(self, **changed: object) -> HostOptions:
        return HostOptions(self.transport, QUICK)._replace(**changed)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def to(self, target: str = "web", **changed: object) -> Iterator[Transport]:
        transport = connect(target, self.options(**changed))
        with contextlib.closing(transport):
            yield transport

    def says(self, script: str, target: str = "web", **changed: object) -> bytes:
        """What a script prints there."""
        with self.to(target, **changed) as transport:
            return output_of(transport, script)
