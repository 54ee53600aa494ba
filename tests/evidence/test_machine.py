"""Which mount a path lies in, held against the kernel's own answer (mnt_id of fdinfo)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from audit403.evidence.machine import Mount, mount_at
from servers.need import need, need_root

#: Mounts over and below each other, as a sandbox makes them, and the questions to the kernel.
SCRIPT = """
set -e
cd "$1"
mkdir -p a/b/c d
mount -t tmpfs one a; mkdir -p a/b/c a/bb
mount -t tmpfs two a/b; mkdir -p a/b/c
mount -t tmpfs three a/b/c
mount --bind d a/bb
mount -t tmpfs four a/b; mkdir -p a/b/c
mount -t tmpfs five d
mkdir "d/a space"; mount -t tmpfs six "d/a space"
mount --bind a d
exec "$2" -c "$3" "$1"
"""
ASKED = """
import os, sys
from audit403.evidence.machine import mount_at
from audit403.host.proc_files import mounts_of
table = mounts_of(open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape").read())
paths = [folder for folder, _, _ in os.walk(sys.argv[1])] + ["/", "/proc/self", "/proc", "/dev/null", "/etc/passwd"]
for path in paths:
    path = os.path.realpath(path)
    fd = os.open(path, os.O_PATH)
    number = next(line.split()[1] for line in open(f"/proc/self/fdinfo/{fd}") if line.startswith("mnt_id"))
    found = mount_at(table, path)
    assert found is not None and found.number == int(number), (path, found, number)
print(len(paths))
"""


def test_the_kernel_says_the_same(tmp_path: Path) -> None:
    need_root()
    source = str(Path(__file__).parents[2] / "src")
    command = ["unshare", "-m", "sh", "-c", SCRIPT, "sh", str(tmp_path), sys.executable, ASKED]
    need("setpriv")
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PYTHONPATH": source, "PATH": "/usr/bin:/bin:/usr/sbin"}
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_a_name_that_only_begins_alike_is_another() -> None:
    root = Mount("/", "/", "ext4", "/dev/sda1", frozenset(), 20, 1)
    home = Mount("/home", "/", "tmpfs", "tmpfs", frozenset(), 21, 20)
    assert mount_at((root, home), "/homes/x") == root
    assert mount_at((root, home), "/home") == mount_at((root, home), "/home/x") == home
    assert mount_at((), "/home") is None
