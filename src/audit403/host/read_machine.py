"""What the discovery's script found, as a Machine. What was hidden is said, never left out.

Truth: proc(5); systemctl(1) show; selinux(8); apparmor(7).
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from audit403.evidence.machine import Login, Machine, Mount, Process, Unit
from audit403.host.proc_files import Status, mounts_of, room_of, statuses_of
from audit403.host.records import Record, records_of

NEEDS_ROOT = "it needs root: run with --sudo"
_PROC_HIDDEN = ("hidepid=1", "hidepid=2", "hidepid=4", "hidepid=noaccess", "hidepid=invisible", "hidepid=ptraceable")


def machine_of(output: bytes, names: Iterable[str]) -> Machine:
    """The machine in the script's output; `names` are the patterns that it looked for.

    Raises ValueError, and nothing else, where it cannot be understood.
    """
    return _Machine(records_of(output), tuple(names)).machine()


class _Machine:
    """The records, sorted by what they are about."""

    def __init__(self, records: Iterable[Record], names: tuple[str, ...]) -> None:
        self.names = names
        self.texts: dict[str, Record] = {}
        self.by_process: dict[str, dict[int, Record]] = {}
        self.links: dict[tuple[int, str], str] = {}
        self.tables: dict[int, tuple[Mount, ...]] = {}
        self.units: list[Unit] = []
        self.booleans: list[tuple[str, bool]] = []
        self.permissive: list[str] = []
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:
        kind, fields = record.kind, record.fields
        if kind == "link":
            self.links[int(fields[0]), fields[1]] = record.content.removesuffix("\n")
        elif kind in ("argv", "map", "stat", "label", "sees", "unit-of", "built"):
            self.by_process.setdefault(kind, {})[int(fields[0])] = record
        elif kind == "mounts":
            self.tables[int(fields[0])] = mounts_of(record.content)
        elif kind == "unit":
            self.units.append(Unit(fields[0], _properties(record.content)))
        elif kind == "boolean":
            self.booleans.append((fields[0], fields[1].startswith("1")))
        elif kind == "permissive":
            self.permissive.append(fields[0])
        else:
            self.texts[kind] = record

    def machine(self) -> Machine:
        """All of it."""
        if sorted(self.tables) != [*range(len(self.tables))]:
            raise ValueError("a table of mounts is missing")
        login = self._login()
        processes = tuple(self._processes()) if "proc" in self.texts else tuple(self._listed())
        return Machine(
            self._line("system").replace("\n", " "), login, processes,
            tuple(self.tables[number] for number in sorted(self.tables)), tuple(self.units), self._selinux(),
            tuple(self.booleans), self._apparmor(), tuple(self._not_seen(login, processes)),
            permissive=tuple(self.permissive) if "policy-store" in self.texts else None,
        )  # fmt: skip

    def _line(self, kind: str) -> str:
        record = self.texts.get(kind)
        return "" if record is None else record.content.strip("\n")

    def _login(self) -> Login:
        uid = int(self._line("uid"))
        namespace = self._line("own-namespace") or None
        mounts = 0 if 0 in self.tables else None
        return Login(
            self._line("user") or str(uid), uid, frozenset(map(int, self._line("groups").split())), mounts, namespace
        )

    def _processes(self) -> Iterator[Process]:
        statuses = statuses_of(self._line("status"))
        like: dict[tuple[int, str], Process] = {}
        for pid in sorted(statuses):
            status = statuses[pid]
            if pid in self.by_process.get("sees", {}):
                process = self._closely(pid, status)
                like.setdefault((status.parent, status.name), process)
            else:
                process = _with_ids(pid, status, self._argv(pid), like.get((status.parent, status.name)))
            yield process

    def _closely(self, pid: int, status: Status) -> Process:
        def said(kind: str, field: int | None = None) -> str:
            record = self.by_process.get(kind, {}).get(pid)
            return "" if record is None else record.content if field is None else record.fields[field]

        sees = said("sees", 1)
        if sees and int(sees) not in self.tables:
            raise ValueError("a process sees a table of mounts that is missing")
        same_ids = said("map").split() == self._line("own-map").split() or not said("map")
        return Process(
            pid, status.parent, status.name, self._argv(pid), status.uid, status.gid, status.groups,
            status.capabilities,
            self.links.get((pid, "exe")) or None, self.links.get((pid, "root")) or None,
            self.links.get((pid, "cwd")) or None, said("label", 1).rstrip("\0") or None,
            self.links.get((pid, "ns/mnt")) or None, not same_ids, status.seccomp, said("unit-of", 1) or None,
            int(sees) if sees else None, status.open_files, tuple(said("built").split("\n")) if said("built") else (),
            room_of(said("stat", 1)),
        )  # fmt: skip

    def _argv(self, pid: int) -> tuple[str, ...]:
        """The words of a process; what a title has left over behind them is NULs."""
        record = self.by_process.get("argv", {}).get(pid)
        text = "" if record is None else record.content.rstrip("\0")
        return tuple(text.split("\0")) if text else ()

    def _listed(self) -> Iterator[Process]:
        """What ps(1) lists where there is no /proc of Linux; its words are joined by spaces."""
        for line in self._line("ps").split("\n"):
            fields = line.split(None, 4)
            if len(fields) < 5 or not all(field.isdecimal() for field in fields[:4]):
                continue
            pid, parent, uid, gid = map(int, fields[:4])
            name = fields[4].split(" ", 1)[0].rstrip(":").rpartition("/")[2]
            if self._is_looked_for(name):
                yield Process(pid, parent, name, tuple(fields[4].split(" ")), uid, gid, frozenset({gid}), 0)

    def _is_looked_for(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.names)

    def _selinux(self) -> str | None:
        record = self.texts.get("selinux")
        value = "" if record is None else record.fields[0].strip()
        if value in ("0", "1"):
            return "enforcing" if value == "1" else "permissive"
        return None if self._is_labelled() or "proc" not in self.texts else "disabled"

    def _is_labelled(self) -> bool:
        """Whether the login has a context of SELinux, which a container has though it does not see the policy."""
        record = self.texts.get("own-label")
        return record is not None and record.fields[0].count(":") >= 3

    def _apparmor(self) -> tuple[tuple[str, str], ...]:
        """The profiles: `/usr/sbin/cupsd (enforce)`."""
        record = self.texts.get("apparmor")
        lines = [] if record is None else record.content.split("\n")
        found = (line.rpartition(" ") for line in lines)
        return tuple((profile, mode.strip("()")) for profile, _, mode in found if profile)

    def _not_seen(self, login: Login, processes: tuple[Process, ...]) -> Iterator[tuple[str, str]]:
        root = login.uid == 0
        if "proc" not in self.texts:
            if self._line("system").startswith("Linux"):
                yield "what runs", "it needs /proc, which is not mounted there"
            else:
                if not self._line("ps"):
                    yield "what runs", "ps does not tell"
                yield "groups, capabilities and mounts of processes", "only Linux shows them, in /proc"
            return
        if not root and self._is_hidden(login):
            yield "processes of other users", f"/proc is mounted with hidepid: {NEEDS_ROOT}"
        if left := int(self.texts["left-out"].fields[0] if "left-out" in self.texts else 0):
            yield f"{left} more processes", "there are too many"
        if any(one.root is None for one in processes if self._is_looked_for(one.name)):
            yield (
                "programs and root directories of other users' processes",
                NEEDS_ROOT if not root else "they are protected",
            )
        if not self._line("protected-symlinks").isdecimal():
            yield "fs.protected_symlinks", NEEDS_ROOT if not root else "/proc/sys is not mounted there"
        yield from self._labels_not_seen(root)
        for unit in self.units:
            if not unit.properties:
                yield f"the sandbox of {unit.name}", "systemctl show does not answer"

    def _labels_not_seen(self, root: bool) -> Iterator[tuple[str, str]]:
        if self._selinux() is None:
            yield "the mode of SELinux", "run it on the host and not in a container"
        record = self.texts.get("apparmor")
        if record is not None and record.fields[0].startswith("Y") and not record.content:
            yield "the profiles of AppArmor", NEEDS_ROOT if not root else "securityfs is not mounted there"

    def _is_hidden(self, login: Login) -> bool:
        """Whether /proc shows a login no processes but its own (proc(5), hidepid and gid)."""
        mounts = [mount for mount in self.tables.get(0, ()) if mount.kind == "proc" and mount.point == "/proc"]
        options = mounts[-1].options if mounts else frozenset()
        allowed = {f"gid={gid}" for gid in login.groups}
        return not options.isdisjoint(_PROC_HIDDEN) and options.isdisjoint(allowed)


def _with_ids(pid: int, status: Status, argv: tuple[str, ...], like: Process | None) -> Process:
    """A process that was not looked at closely: it is as its sister is, but for its ids."""
    process = Process(
        pid, status.parent, status.name, argv, status.uid, status.gid, status.groups, status.capabilities,
        seccomp=status.seccomp, open_files=status.open_files,
    )  # fmt: skip
    if like is None:
        return process
    return process._replace(
        executable=like.executable, root=like.root, directory=like.directory, label=like.label,
        mount_namespace=like.mount_namespace, is_mapped=like.is_mapped, unit=like.unit, mounts=like.mounts,
        room=like.room,
    )  # fmt: skip


def _properties(text: str) -> tuple[tuple[str, str], ...]:
    """The lines of `systemctl show`."""
    found = (line.partition("=") for line in text.split("\n"))
    return tuple((name, value) for name, separator, value in found if separator)
