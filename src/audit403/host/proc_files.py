"""What the files of proc(5) say: mountinfo, and the lines of status and limits."""

import re
from collections.abc import Iterable, Iterator

from audit403.core.named_tuple import NamedTuple
from audit403.evidence.machine import Mount

_ESCAPE = re.compile(r"\\([0-7]{3})")
_STATUS_LINE = re.compile(r"/proc/(\d{1,10})/(?:status|limits):(Max open files|\w+:)\s*(.*)")

_ARGUMENTS_START, _ENVIRONMENT_END = 45, 48
"""Where stat has arg_start and env_end, counted from the state on, which stands behind the name."""


class Status(NamedTuple):
    """What status and limits say of one process; the ids are those of the file system, `capabilities` is CapEff."""

    name: str
    parent: int
    uid: int
    gid: int
    groups: frozenset[int]
    capabilities: int
    seccomp: bool
    open_files: int | None


def mounts_of(text: str) -> tuple[Mount, ...]:
    """The mounts of a mountinfo file, in its order. Raises ValueError where it is none."""
    return tuple(_mount(line) for line in text.split("\n") if line)


def _mount(line: str) -> Mount:
    """`36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue`."""
    own, _, rest = line.partition(" - ")
    fields, behind = own.split(" "), rest.split(" ")
    if len(fields) < 6 or not behind[0]:
        raise ValueError("a line of mountinfo lacks fields")
    of_system = behind[2] if len(behind) > 2 else ""
    options = frozenset(_plain(one) for one in (*fields[5].split(","), *of_system.split(",")) if one)
    return Mount(
        _plain(fields[4]), _plain(fields[3]), _plain(behind[0]), _plain(behind[1]) if len(behind) > 1 else "",
        options - {"rw"} if "ro" in options else options, int(fields[0]), int(fields[1]), fields[2],
    )  # fmt: skip


def _plain(text: str) -> str:
    """A text with the octal escapes undone, which stand for bytes."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(
        lambda found: chr(int(found[1], 8) & 0xFF), text.encode("utf-8", "surrogateescape").decode("latin-1")
    )
    return plain.encode("latin-1").decode("utf-8", "surrogateescape")


def statuses_of(text: str) -> dict[int, Status]:
    """What grep found in the status and limits of some processes, each line behind its file's name.

    A process that ended meanwhile has lines missing, and is left out. Raises ValueError where a number is none.
    """
    lines: dict[int, dict[str, str]] = {}
    for pid, key, value in _status_lines(text.split("\n")):
        lines.setdefault(pid, {}).setdefault(key, value)
    needed = ("Name", "PPid", "Uid", "Gid", "CapEff")
    return {pid: _status(said) for pid, said in lines.items() if all(said.get(key) for key in needed)}


def _status_lines(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    for line in lines:
        found = _STATUS_LINE.match(line)
        if found is not None:
            yield int(found[1]), found[2].rstrip(":"), found[3]


def _status(said: dict[str, str]) -> Status:
    files = said.get("Max open files", "").split()
    return Status(
        said["Name"], int(said["PPid"]), _file_system_id(said["Uid"]), _file_system_id(said["Gid"]),
        frozenset(map(int, said.get("Groups", "").split())), int(said["CapEff"], 16),
        said.get("Seccomp", "0") not in ("0", ""), int(files[0]) if files and files[0].isdecimal() else None,
    )  # fmt: skip


def _file_system_id(ids: str) -> int:
    """The last of the real, effective, saved and file system's id: what the kernel asks about files."""
    return int(ids.split()[-1])


def room_of(stat: str) -> int | None:
    """How many bytes a process's words and environment take; None where its stat does not tell, as it does to root."""
    fields = stat.rpartition(")")[2].split()
    if len(fields) < _ENVIRONMENT_END + 1:
        return None
    start, end = int(fields[_ARGUMENTS_START]), int(fields[_ENVIRONMENT_END])
    return end - start if 0 < start < end else None
