"""Outputs of the discovery's script on systems that cannot be had here, record by record, after proc(5)."""

from __future__ import annotations

MARK = b"8f5e1c"
MOUNTS = (
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "23 22 0:20 / /proc rw,nosuid - proc proc rw{proc}\n"
    "24 22 8:2 /sites\\040of\\040all /srv ro,nosymfollow shared:3 master:2 - ext4 /dev/sdb1 rw,errors=remount-ro"
)


def record(kind: str, *fields: str, content: str = "") -> bytes:
    """One record as the script writes it."""
    return "\0".join((kind, *fields, content)).encode("utf-8", "surrogateescape")


def output(*records: bytes) -> bytes:
    """A whole output."""
    return MARK + b"\0" + b"".join(one + b"\0" + MARK + b"\0" for one in (*records, record("complete")))


def host(*, uid: int = 1000, groups: str = "1000", proc: str = "", label: str = "", sysctl: str = "1\n") -> list[bytes]:
    """What every Linux says of itself."""
    return [
        record("system", content="Linux\n5.14.0\n"),
        record("uid", content=f"{uid}\n"),
        record("user", content="deploy\n"),
        record("groups", content=f"{groups}\n"),
        record("proc"),
        record("mounts", "0", content=MOUNTS.format(proc=proc)),
        record("own-map", content="0 0 4294967295\n"),
        record("own-namespace", content="mnt:[4026531841]\n"),
        record("own-label", label),
        record("left-out", "0"),
        record("protected-symlinks", content=sysctl),
    ]


def status(pid: int, name: str, parent: int, uid: int, groups: str = "", capabilities: str = "0000000000000000") -> str:
    """The lines of one process that grep finds."""
    values = {
        "status:Name": name,
        "status:PPid": parent,
        "status:Uid": f"{uid}\t{uid}\t{uid}\t{uid}",
        "status:Gid": f"{uid}\t{uid}\t{uid}\t{uid}",
        "status:Groups": groups,
        "status:NSpid": pid,
        "status:CapEff": capabilities,
        "status:Seccomp": 2,
    }
    lines = [f"/proc/{pid}/{key}:\t{value}" for key, value in values.items()]
    return "\n".join([*lines, f"/proc/{pid}/limits:Max open files            1024      524288   files", ""])


def closely(pid: int, *argv: str, label: str = "", unit: str = "", sees: str = "0", **links: str) -> list[bytes]:
    """What is written of a process that was looked at closely."""
    return [
        record("argv", str(pid), content="\0".join((*argv, ""))),
        *[
            record("link", str(pid), name, content=f"{links[name]}\n" if name in links else "")
            for name in ("exe", "root", "cwd", "ns/mnt")
        ],
        record("map", str(pid), content="         0          0 4294967295\n"),
        record("label", str(pid), label),
        record("sees", str(pid), sees),
        record("unit-of", str(pid), unit),
    ]
