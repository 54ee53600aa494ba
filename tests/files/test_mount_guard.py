"""Mounts with a say of their own, held against the kernel: who may read a file of theirs, and with which error not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from audit403.core.decision import REASON_STATE
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import Absent, Entry, Evidence, NotCollected
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Mount, Process
from audit403.evidence.memory import MemoryEvidence
from audit403.files.mount_guard import MountGuard
from audit403.files.resolve import Resolver
from audit403.files.running import identity_of_process
from servers.discovery import discovered
from servers.fuse import Owned, mounted_fuse
from servers.need import need
from servers.sandbox import in_private_mounts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from audit403.core.edit import Edit

CAPABLE = 0b1110
OPEN = """
import os, sys
try:
    os.close(os.open(sys.argv[1], os.O_RDONLY))
    print(0)
except OSError as error:
    print(error.errno)
"""


def process(uid: int, gid: int) -> Process:
    return Process(9, 1, "nginx", (), uid, gid, frozenset({gid}), 0 if uid else CAPABLE)


def kernel(uid: int, gid: int, path: Path) -> int:
    """With which errno an open ends for this user."""
    become = [need("setpriv"), f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    done = subprocess.run([*become, sys.executable, "-S", "-c", OPEN, path], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("options", ["", ",allow_other", ",allow_other,default_permissions", ",default_permissions"])
@pytest.mark.parametrize("owned", [Owned(1000, 1000), Owned(1000, 1000, 0o755, 0o600), Owned(1000, 1000, 0o700)])
def test_a_file_system_in_user_space_lets_in_whom_it_will(server_dir: Path, options: str, owned: Owned) -> None:
    in_private_mounts(lambda: _ask_everybody(server_dir, options, owned))


def _ask_everybody(server_dir: Path, options: str, owned: Owned) -> None:
    point = server_dir / "far"
    point.mkdir()
    path = point / "page.html"
    with mounted_fuse(point, f"user_id=1000,group_id=1000{options}", owned):
        table = discovered().mount_tables[0]
        told = 0
        for uid, gid in ((0, 0), (33, 33), (1000, 1000), (1000, 33)):
            worker = process(uid, gid)
            entries = {
                str(point): Entry("d", owned.directory, 1000, 1000),
                str(path): Entry("f", owned.file, 1000, 1000),
            }
            world = Shown(LocalEvidence(), entries)
            found = Resolver(world, identity_of_process(worker), MountGuard(worker, table)).open(str(path))
            if found.missing is None:
                told += 1
                assert found.errno == kernel(uid, gid, path), (uid, gid)
                assert not found.errno or (found.blocker is not None and found.blocker.place.path in entries)
            else:
                assert "default_permissions" not in options
        assert told >= 2


def test_no_link_is_followed(server_dir: Path) -> None:
    in_private_mounts(lambda: _ask_without_links(server_dir))


def _ask_without_links(server_dir: Path) -> None:
    (server_dir / "page").write_text("a page")
    (server_dir / "link").symlink_to("page")
    (server_dir / "folder").symlink_to(".")
    subprocess.run(["mount", "--bind", server_dir, server_dir], check=True)
    subprocess.run(["mount", "-o", "remount,bind,nosymfollow", server_dir], check=True)
    worker = process(33, 33)
    resolver = Resolver(LocalEvidence(), identity_of_process(worker), MountGuard(worker, discovered().mount_tables[0]))
    for name in ("page", "link", "folder/page", "gone", "folder"):
        assert resolver.open(str(server_dir / name)).errno == kernel(33, 33, server_dir / name), name
    assert resolver.lstat(str(server_dir / "link")).errno == 0
    blocker = resolver.open(str(server_dir / "link")).blocker
    assert blocker is not None and blocker.kept is not None and "nosymfollow" in blocker.kept.why


WORLD = MemoryEvidence(
    {"/": Entry("d", 0o755, 0, 0), "/net": Entry("d", 0o755, 0, 0), "/net/page": Entry("f", 0o640, 0, 2600)}
)
ROOT_MOUNT = Mount("/", "/", "ext4", "/dev/sda1", frozenset(), 1, 0, "8:1")


@pytest.mark.parametrize(
    ("kind", "options", "worker", "errno"),
    [
        ("nfs4", {"sec=sys"}, process(33, 2600), 0),
        ("nfs4", {"sec=sys"}, process(33, 33), 13),
        ("nfs4", {"sec=sys"}, process(0, 0), None),
        ("nfs4", {"sec=krb5p"}, process(33, 2600), None),
        ("nfs", set(), process(33, 33)._replace(groups=frozenset(range(2590, 2610))), None),
        ("nfs", set(), process(33, 33)._replace(groups=frozenset(range(2590, 2604))), 0),
        ("cifs", {"noperm"}, process(33, 33), None),
        ("cifs", {"noperm"}, process(33, 2600), 0),
        ("cifs", set(), process(33, 33), 13),
        ("ext4", set(), process(33, 33)._replace(capabilities=CAPABLE), 0),
        ("ext4", set(), process(33, 33)._replace(capabilities=CAPABLE, is_mapped=True), None),
    ],
)
def test_what_a_file_server_decides(kind: str, options: set[str], worker: Process, errno: int | None) -> None:
    """Where the ids that it is told and its own settings decide, the answer is not known."""
    table = (ROOT_MOUNT, Mount("/net", "/", kind, "files:/x", frozenset(options), 2, 1, "0:50"))
    found = Resolver(WORLD, identity_of_process(worker), MountGuard(worker, table)).open("/net/page")
    if errno is None:
        assert found.missing is not None and found.missing.reason == REASON_STATE
    else:
        assert found.errno == errno


class Shown(Forwarding):
    """This machine, with some entries that the one who asks cannot look at itself."""

    def __init__(self, inner: Evidence, entries: dict[str, Entry]) -> None:
        super().__init__(inner)
        self._entries = entries

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        return self._entries.get(path) or self._inner.entry(path)

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        raise AssertionError("nobody changes it")
