"""A file system in user space with one file, spoken to through /dev/fuse: what sshfs and its like are to the kernel.

Truth: include/uapi/linux/fuse.h, protocol 7.31. As a program, `python -m servers.fuse POINT OPTIONS PID`, it serves
until that process ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import stat
import struct
import sys
import threading
from errno import EACCES, ENOENT, ENOSYS
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .need import need_root

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT, FILE = 1, 2
NAME, CONTENT = b"page.html", b"a page\n"
_LOOKUP, _FORGET, _GETATTR, _OPEN, _READ, _RELEASE, _FLUSH, _INIT, _OPENDIR, _READDIR, _RELEASEDIR, _BATCH_FORGET = (
    1, 2, 3, 14, 15, 18, 25, 26, 27, 28, 29, 42,
)  # fmt: skip
_ACCESS = 34
_DETACH = 2
_STRICT = "strict"
"""An option of ours: the program lets its owner alone read the file."""


class Owned(NamedTuple):
    """Whose the file and its directory are, and their modes."""

    uid: int
    gid: int
    directory: int = 0o755
    file: int = 0o644
    is_strict: bool = False
    """Whether its program lets nobody else read the file, whatever the mode says."""


@contextlib.contextmanager
def mounted_fuse(point: Path, options: str, owned: Owned) -> Iterator[None]:
    """The file system at a directory, mounted with these options (`user_id=1000,group_id=1000,allow_other`)."""
    need_root()
    device = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    words = f"fd={device},rootmode=40000,{options}".encode()
    if libc.mount(b"user@host:", os.fsencode(point), b"fuse.sshfs", 0, words) != 0:
        os.close(device)
        raise OSError(ctypes.get_errno(), "the file system cannot be mounted", str(point))
    server = threading.Thread(target=_serve, args=(device, owned), daemon=True)
    server.start()
    try:
        yield
    finally:
        libc.umount2(os.fsencode(point), _DETACH)
        server.join(10)
        os.close(device)


def _serve(device: int, owned: Owned) -> None:
    with contextlib.suppress(OSError):  # it is unmounted
        while True:
            request = os.read(device, 1 << 18)
            _, opcode, unique, node, uid = struct.unpack_from("<IIQQI", request)
            if opcode in (_FORGET, _BATCH_FORGET):
                continue
            kept = owned.is_strict and node == FILE and opcode in (_OPEN, _ACCESS) and uid != owned.uid
            error, body = (EACCES, b"") if kept else _answer(opcode, node, request[40:], owned)
            os.write(device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)


def _answer(opcode: int, node: int, body: bytes, owned: Owned) -> tuple[int, bytes]:
    if opcode == _INIT:
        return 0, struct.pack("<IIIIHHIIHHI28x", 7, 31, 65536, 0, 12, 10, 65536, 1, 16, 0, 0)
    if opcode == _LOOKUP:
        if node != ROOT or body.rstrip(b"\0") != NAME:
            return ENOENT, b""
        return 0, struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + _attributes(FILE, owned)
    if opcode == _GETATTR:
        return 0, struct.pack("<QII", 0, 0, 0) + _attributes(node, owned)
    if opcode in (_OPEN, _OPENDIR):
        return 0, struct.pack("<QII", 0, 0, 0)
    if opcode == _READ:
        offset, size = struct.unpack_from("<QI", body, 8)
        return 0, CONTENT[offset : offset + size]
    if opcode == _READDIR:
        offset, size = struct.unpack_from("<QI", body, 8)
        listed = struct.pack("<QQII", FILE, 1, len(NAME), stat.S_IFREG >> 12) + NAME.ljust(
            -(-len(NAME) // 8) * 8, b"\0"
        )
        return 0, listed if offset == 0 and size >= len(listed) else b""
    return (0, b"") if opcode in (_RELEASE, _RELEASEDIR, _FLUSH, _ACCESS) else (ENOSYS, b"")


def _attributes(node: int, owned: Owned) -> bytes:
    mode = stat.S_IFDIR | owned.directory if node == ROOT else stat.S_IFREG | owned.file
    size = 0 if node == ROOT else len(CONTENT)
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, 1, 0, 0, 0, 0, 0, 0, mode, 1, owned.uid, owned.gid, 0, 4096, 0)


def main() -> None:
    """Serve one mount."""
    point, options, process = sys.argv[1:]
    words = options.split(",")
    owned = Owned(1000, 1000, is_strict=_STRICT in words)
    with mounted_fuse(Path(point), ",".join(word for word in words if word != _STRICT), owned):
        select.select([os.pidfd_open(int(process))], [], [])


if __name__ == "__main__":
    main()
