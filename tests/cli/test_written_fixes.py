"""`--fix` on files that are odd or must not be replaced: what is written, and one plain sentence for what is not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers.command import audit403
from servers.need import need

if TYPE_CHECKING:
    import subprocess

SOUND = "events {}\nhttp {\n    server {\n        listen 80;\n        server_name a.example;\n    }\n}\n"
BROKEN = SOUND.replace("listen 80;", "listen 80")
NOBODY = 65534
BOM = b"\xef\xbb\xbf"


def fix(*paths: Path) -> subprocess.CompletedProcess[str]:
    """`check --fix` by somebody whom modes hold back."""
    within = []
    if os.geteuid() == 0:
        need("setpriv")
        within = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return audit403("check", "--fix", *paths, cwd=Path("/"), within=within)


@pytest.fixture
def folder(server_dir: Path) -> Path:
    """A folder of theirs."""
    path = server_dir / "etc"
    path.mkdir()
    _give(path)
    return path


def put(folder: Path, name: str, data: bytes = BROKEN.encode()) -> Path:
    path = folder / name
    path.write_bytes(data)
    _give(path)
    return path


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_is_taken_out_and_the_rest_stays_in_its_place(folder: Path, end: str) -> None:
    comment = "# Zugriff für das Büro – 10.0.0.0/8\n"
    text = BROKEN.replace("http {", comment + "http {")
    path = put(folder, "nginx.conf", BOM + text.replace("\n", end).encode())
    result = fix(path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "0 findings\n", "audit403: 2 fixes written\n")
    assert path.read_bytes().decode() == SOUND.replace("http {", comment + "http {").replace("\n", end)


def test_a_byte_order_mark_in_an_included_file(folder: Path) -> None:
    main = put(folder, "nginx.conf", f"events {{}}\nhttp {{ include {folder}/site.conf; }}\n".encode())
    site = put(folder, "site.conf", BOM + b"server { listen 80; }\n")
    assert fix(main).returncode == 0
    assert site.read_bytes() == b"server { listen 80; }\n"


def test_a_read_only_file_is_left_alone_and_the_others_are_written(folder: Path) -> None:
    closed, other = put(folder, "closed.conf"), put(folder, "other.conf")
    closed.chmod(0o444)
    _refused(fix(closed, other), f"{closed} was not changed: it is read-only.", 1)
    assert (closed.read_text(), other.read_text()) == (BROKEN, SOUND)


def test_a_folder_in_which_nothing_can_be_put(folder: Path) -> None:
    path = put(folder, "nginx.conf")
    folder.chmod(0o555)
    _refused(fix(path), f"{path} was not changed: Permission denied.", 0)
    assert path.read_text() == BROKEN


def test_a_file_with_other_names(folder: Path) -> None:
    path = put(folder, "nginx.conf")
    os.link(path, folder / "same.conf")
    said = f"{path} was not changed: it has other names (hard links), which would keep the old content."
    _refused(fix(path), said, 0)
    assert path.read_text() == BROKEN
    assert path.stat().st_nlink == 2


def test_a_file_of_another_owner(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    path = put(folder, "nginx.conf")
    path.chmod(0o666)
    os.chown(path, 0, 0)
    _refused(fix(path), f"{path} was not changed: its owner could not be kept (Operation not permitted).", 0)
    assert (path.read_text(), path.stat().st_uid) == (BROKEN, 0)


def _refused(result: subprocess.CompletedProcess[str], said: str, written: int) -> None:
    assert result.returncode == 2
    lines = result.stderr.splitlines()
    assert f"audit403: {said}" in lines
    assert (f"audit403: {written} fix written" in lines) == (written == 1)
    assert len(lines) == 1 + (written == 1)
