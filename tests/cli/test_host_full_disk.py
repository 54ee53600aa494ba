"""`audit403 host` on a host where nothing can be written any more: it writes nothing, and says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from servers.away import Away, host_away
from servers.process import server_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("/tmp", "/var/tmp", "/var/cache", "/var/log", "/run", "/dev/shm", "/root", "/home")
FULL = """\
set -e
for folder in @FULL@; do
  mount -t tmpfs -o size=64k,mode=1777 none "$folder"
done
for kept in @KEPT@; do
  mkdir -p "$kept"
  mount --bind "/mnt$kept" "$kept"
done
for folder in @FULL@; do
  if dd if=/dev/zero of="$folder/filler" bs=4k 2>/dev/null; then exit 1; fi
done
"""
KEEP = "mount -t tmpfs none /mnt; for kept in @KEPT@; do mkdir -p /mnt$kept; mount --bind $kept /mnt$kept; done"


@pytest.fixture
def away() -> Iterator[Away]:
    with server_directory() as folder, host_away(folder) as made:
        yield made


def test_a_full_disk_changes_nothing(away: Away) -> None:
    place = away.host.place
    expected = away.json("host", "web1")
    kept = f"{away.host.folder} {away.sshd.folder} /run/sshd"
    for script in (KEEP, FULL):
        place.run("sh", "-c", script.replace("@KEPT@", kept).replace("@FULL@", " ".join(FOLDERS)))
    for folder in FOLDERS:
        refused = place.run("sh", "-c", f"echo x >{folder}/one", check=False)
        assert refused.returncode != 0, folder
    before = away.host.state()
    assert away.json("host", "web1") == expected and expected["findings"]
    assert away.host.state() == before
