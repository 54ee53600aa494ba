"""Names of clients: Require host and forward-dns, Allow and Deny from names, HostnameLookups.

The server runs with a hosts file of its own, in a mount namespace, and asks nobody else.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from audit403.evidence.local import LocalEvidence
from differential.apache.duel import Duel
from differential.apache.host_generator import HOSTS, NSSWITCH, Hosts
from servers.need import missing, need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from audit403.evidence.interface import Absent, NotCollected, Unreadable

_UNSHARE = ("unshare", "-m", "--propagation", "private")


class Mounted(LocalEvidence):
    """This machine with the files that are mounted for the server."""

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of a file."""
        found = {"/etc/hosts": HOSTS, "/etc/nsswitch.conf": NSSWITCH}.get(path)
        return super().read(path) if found is None else found.encode()


def test_hosts(server_dir: Path, rng: Random) -> None:
    need_root()
    if subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode:
        missing("unshare -m", "the right to make mount namespaces")
    (server_dir / "hosts").write_text(HOSTS)
    (server_dir / "nsswitch.conf").write_text(NSSWITCH)
    mounts = " && ".join(f"mount --bind {server_dir}/{name} /etc/{name}" for name in ("hosts", "nsswitch.conf"))
    generator = Hosts(rng, server_dir / "html")
    with Duel(server_dir, within=(*_UNSHARE, "sh", "-c", f'{mounts} && exec "$@"', "sh"), evidence=Mounted) as duel:
        duel.hold(cases(600), generator.body, lambda: generator.asks(30))
