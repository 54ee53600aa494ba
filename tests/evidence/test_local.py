import os
import pwd
import socket
import subprocess
from collections.abc import Callable
from errno import EINVAL, EISDIR
from pathlib import Path

import pytest

from audit403.evidence import local
from audit403.evidence.interface import ABSENT, AclEntry, Entry, NotCollected, Unreadable
from audit403.evidence.local import LocalEvidence


def test_an_entry_is_what_lstat_shows(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"12345")
    file.chmod(0o4751)
    os.utime(file, ns=(0, 1_700_000_001_900_000_000))
    (tmp_path / "l").symlink_to("f/../x")
    evidence = LocalEvidence()
    assert evidence.entry(f"{file}") == Entry("f", 0o4751, os.getuid(), os.getgid(), size=5, mtime=1_700_000_001)
    link = evidence.entry(f"{tmp_path}/l")
    assert isinstance(link, Entry)
    assert (link.kind, link.target) == ("l", "f/../x")
    assert evidence.entry(f"{tmp_path}/none") == ABSENT
    assert evidence.entry(f"{file}/below") == ABSENT


def test_an_acl_is_read_as_setfacl_wrote_it(tmp_path: Path, need: Callable[[str], str]) -> None:
    setfacl = need("setfacl")
    file = tmp_path / "f"
    file.touch(0o640)
    file.chmod(0o640)
    subprocess.run([setfacl, "-m", "u:33:rw,g:44:x,m::r", file], check=True)
    entry = LocalEvidence().entry(str(file))
    assert isinstance(entry, Entry)
    assert entry.acl == (AclEntry("user", 33, 6), AclEntry("group", 44, 1), AclEntry("mask", None, 4))
    assert (entry.group_bits, oct(entry.mode)) == (4, "0o640")


def test_a_run_sees_one_world(tmp_path: Path) -> None:
    evidence = LocalEvidence()
    file = tmp_path / "f"
    file.write_bytes(b"before")
    seen = (evidence.entry(str(file)), evidence.read(str(file)), evidence.names(str(tmp_path)))
    file.write_bytes(b"afterwards")
    file.chmod(0)
    (tmp_path / "g").touch()
    assert (evidence.entry(str(file)), evidence.read(str(file)), evidence.names(str(tmp_path))) == seen


@pytest.mark.parametrize("kind", ["fifo", "socket", "device"])
def test_reading_never_waits_for_a_special_file(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = f"{tmp_path}/special"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("special")
    else:
        path = "/dev/zero"
    assert LocalEvidence().read(path) == Unreadable(EINVAL, "Not a regular file")


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 101)
    (tmp_path / "fits").write_bytes(b"x" * 100)
    (tmp_path / "loop").symlink_to("loop")
    evidence = LocalEvidence(maximum_file_size=100)
    assert evidence.read(f"{tmp_path}") == Unreadable(EISDIR, "Is a directory")
    assert evidence.read(f"{tmp_path}/none") == ABSENT
    assert evidence.read(f"{tmp_path}/big") == NotCollected("it is larger than 100 bytes")
    assert evidence.read(f"{tmp_path}/fits") == b"x" * 100
    assert isinstance(evidence.read(f"{tmp_path}/loop"), Unreadable)
    assert isinstance(evidence.names(f"{tmp_path}/fits"), Unreadable)


def test_another_process_sees_another_proc() -> None:
    evidence = LocalEvidence()
    assert isinstance(evidence.entry("/proc/self"), NotCollected)
    assert isinstance(evidence.read("/proc/self/status"), NotCollected)
    assert isinstance(evidence.names("/proc"), NotCollected)


def test_names_are_sorted_by_bytes_and_keep_every_byte(tmp_path: Path) -> None:
    for name in (b"\xff", b"\xc3\xa9", b"b", b"B", b"a\nb"):
        open(os.fsencode(tmp_path) + b"/" + name, "w").close()
    evidence = LocalEvidence()
    assert evidence.names(str(tmp_path)) == ("B", "a\nb", "b", "é", "\udcff")
    assert isinstance(evidence.entry(f"{tmp_path}/\udcff"), Entry)


@pytest.mark.parametrize("name", ["nul\0", "\ud800"])
def test_a_name_that_no_file_can_have_is_absent(tmp_path: Path, name: str) -> None:
    evidence = LocalEvidence()
    assert evidence.entry(f"{tmp_path}/{name}") == ABSENT
    assert evidence.read(f"{tmp_path}/{name}") == ABSENT
    assert evidence.names(f"{tmp_path}/{name}") == ABSENT


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_this_process_may_not_see_is_not_collected(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    (closed / "f").touch()
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    evidence = LocalEvidence()
    os.seteuid(65534)
    try:
        found = evidence.entry(f"{closed}/f"), evidence.read(f"{closed}/f"), evidence.names(str(closed))
    finally:
        os.seteuid(0)
    assert found == (NotCollected("Permission denied"),) * 3


def test_users_and_groups_are_the_machines() -> None:
    evidence = LocalEvidence()
    root = evidence.user("root")
    assert root == evidence.user(0)
    assert root == ("root", 0, 0, pwd.getpwnam("root").pw_dir)
    assert evidence.group("root") == evidence.group(0)
    assert evidence.user("nobody-of-this-name") == ABSENT
    assert evidence.user(4_000_000_000) == ABSENT
    assert evidence.group_ids("root", 12345) == tuple(sorted(os.getgrouplist("root", 12345)))


def test_protected_symlinks_is_the_kernels() -> None:
    assert LocalEvidence().protected_symlinks() is (Path("/proc/sys/fs/protected_symlinks").read_text() != "0\n")


def test_the_entries_of_a_directory_are_those_of_each_name(
    tmp_path: Path, need: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for together, kept or not, they are what `entry` says, ACLs and links and all."""
    for name in ("a", "b", "\udcff"):
        (tmp_path / name).write_text("x")
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("a")
    os.mkfifo(tmp_path / "p")
    subprocess.run([need("setfacl"), "-m", "u:1:r", str(tmp_path / "b")], check=True)
    for room in (100, 2, 0):
        monkeypatch.setattr(local, "_KEPT_NAMES", room)
        evidence = LocalEvidence()
        names = evidence.names(str(tmp_path))
        assert isinstance(names, tuple)
        asked = [*names, "gone"]
        entries = list(evidence.entries(str(tmp_path), asked))
        assert entries == [LocalEvidence().entry(f"{tmp_path}/{name}") for name in asked]
        assert entries[asked.index("b")].acl  # type: ignore[union-attr]
        assert len(evidence._entries) == min(room, len(asked))
