"""What a worker's own mounts show it of the host's files, and what they keep from it.

Two mounts are the same where they show the same part of the same file system at the same point. What a mount of the
worker's own shows is found on the host through another mount of that file system; where there is none, as with a fresh
tmpfs, nothing is claimed of it but what the unit's settings say.

Truth: mount_namespaces(7), mountinfo of proc(5), systemd.exec(5); src/core/namespace.c of systemd for what it mounts.
"""

from collections.abc import Iterable

from audit403.core.edit import Edit
from audit403.core.named_tuple import NamedTuple
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.interface import (
    ABSENT,
    DIRECTORY,
    FILE,
    Absent,
    Entry,
    Evidence,
    NotCollected,
    Unreadable,
)
from audit403.evidence.links import join, parent_of, real_path
from audit403.evidence.machine import Machine, Mount, Process, mount_at, table_of

INACCESSIBLE, EMPTY = "inaccessible", "empty"

_INACCESSIBLE_ROOT = "/systemd/inaccessible/"
_HOMES = ("/home", "/root", "/run/user")
#: What changes the meaning of a mount's entries; whether it can be written to does not.
_TELLING_OPTIONS = frozenset(("idmapped", "nosymfollow"))

_KEPT_DIRECTORIES = 50_000


class Hidden(NamedTuple):
    """What a sandbox has put over a directory or file: INACCESSIBLE, or EMPTY; `setting` is the unit's, where seen."""

    how: str
    point: str
    setting: str | None


def world_of(evidence: Evidence, worker: Process) -> Evidence:
    """The world as a worker sees it; the same where it sees what the login sees."""
    machine = evidence.machine()
    if not isinstance(machine, Machine):
        return evidence
    own, host = table_of(machine, worker.mounts), table_of(machine, machine.login.mounts)
    root = worker.root if worker.root not in (None, "/") else ""
    if own is None or host is None or (own is host and not root):
        return evidence
    if root and worker.mount_namespace != machine.login.mount_namespace:
        return evidence
    seen = SeenByWorker(evidence, worker, host if root else own, host, root or "", _settings(machine, worker))
    return seen if seen.differs else evidence


class SeenByWorker(Forwarding):
    """The world `inner`, which a login sees through the mounts `host`, through the worker's `own`.

    `root` is where a worker is shut in that sees the same mounts. What it does not see as `inner` does is NotCollected
    where `inner` does not show it in another place.
    """

    def __init__(
        self,
        inner: Evidence,
        worker: Process,
        own: tuple[Mount, ...],
        host: tuple[Mount, ...],
        root: str,
        settings: dict[str, str],
    ) -> None:
        super().__init__(inner)
        self._worker = worker
        self._own = own
        self._host = host
        self._root = root
        self._settings = settings
        self._points = frozenset(mount.point for mount in own)
        self._mounts: dict[str, Mount | None] = {}
        self._other = ("/",) if root else tuple(f"{point.rstrip('/')}/" for point in _other_points(own, host))

    @property
    def differs(self) -> bool:
        """Whether it sees anything that is not as on the host."""
        return bool(self._other)

    def entry(self, path: str) -> Entry | Absent | NotCollected:
        """The entry at `path` itself (a link is not followed)."""
        if not f"{path}/".startswith(self._other):
            return self._inner.entry(path)
        place = self._place(path)
        return self._inner.entry(place) if isinstance(place, str) else place

    def exact(self, path: str) -> Entry | Absent | NotCollected:
        """The entry with its size and time."""
        place = self._place(path) if f"{path}/".startswith(self._other) else path
        return self._inner.exact(place) if isinstance(place, str) else place

    def read(self, path: str) -> bytes | Absent | NotCollected | Unreadable:
        """The content of the regular file that `path` leads to, links followed."""
        place = self._real_place(path)
        if isinstance(place, Entry):
            return NotCollected(f"only root may read {path}")
        return self._inner.read(place) if isinstance(place, str) else place

    def names(self, path: str) -> tuple[str, ...] | Absent | NotCollected | Unreadable:
        """The names in the directory `path`, sorted by bytes."""
        place = self._real_place(path)
        if isinstance(place, Entry):
            return self._points_in(path)
        return self._inner.names(place) if isinstance(place, str) else place

    def groups(self, directory: str) -> tuple[tuple[Entry, bytes], ...] | None:
        """Those of the inner world, where it is the same in this directory and right below."""
        inside = f"{directory.rstrip('/')}/"
        is_other = inside.startswith(self._other) or any(
            parent_of(other.rstrip("/")) == directory for other in self._other
        )
        return None if is_other else self._inner.groups(directory)

    def label(self, path: str) -> str | NotCollected | None:
        """The SELinux context of the entry at a canonical path."""
        place = self._place(path) if f"{path}/".startswith(self._other) else path
        if isinstance(place, str):
            return self._inner.label(place)
        return place if isinstance(place, NotCollected) else None

    def machine(self) -> Machine | NotCollected:
        """What runs there and what it sees."""
        return self._inner.machine()

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        """The same world after `edits`, whose paths are the worker's."""
        from audit403.evidence.overlay import Overlay

        return Overlay(self, edits)

    def hidden(self, path: str) -> Hidden | None:
        """What the worker's sandbox has put over a canonical path, where it is that which keeps it from being seen."""
        mount = self._over(path)
        if mount is None:
            return None
        if _is_inaccessible(mount):
            return Hidden(INACCESSIBLE, mount.point, self._setting_for(mount.point, "yes", "InaccessiblePaths"))
        setting = self._setting_for(mount.point, "tmpfs", "TemporaryFileSystem") if mount.kind == "tmpfs" else None
        return None if setting is None else Hidden(EMPTY, mount.point, setting)

    def place_on_host(self, path: str) -> tuple[str, str] | None:
        """The point of the worker's mount that a canonical path lies in, and where the host has what is mounted there;
        None where both call it the same, or the host does not have it.
        """
        if not f"{path}/".startswith(self._other):
            return None
        place = self._place(path)
        mount = None if self._root else self._mount_at(path)
        if not isinstance(place, str) or place == path:
            return None
        point = "" if mount is None else mount.point.rstrip("/")
        return point, place[: len(place) - len(path[len(point) :])]

    def _over(self, path: str) -> Mount | None:
        """The mount that a path lies in, where it is another one than on the host."""
        return self._mount_at(path) if not self._root and f"{path}/".startswith(self._other) else None

    def _mount_at(self, path: str) -> Mount | None:
        """The worker's mount that a path lies in: where nothing is mounted at it, that of its directory."""
        if path in self._points:
            return mount_at(self._own, path)
        directory = parent_of(path)
        if directory not in self._mounts:
            if len(self._mounts) >= _KEPT_DIRECTORIES:
                self._mounts.clear()
            self._mounts[directory] = mount_at(self._own, directory)
        return self._mounts[directory]

    def _real_place(self, path: str) -> str | Entry | Absent | NotCollected | Unreadable:
        if not self._other:
            return path
        real = real_path(self, path)
        if not isinstance(real, str) or not f"{real}/".startswith(self._other):
            return real
        return self._place(real)

    def _place(self, path: str) -> str | Entry | Absent | NotCollected:
        """Where the host has what the worker sees at a canonical path, or what is known of it otherwise."""
        if self._root:
            return f"{self._root}{path}" if path != "/" else self._root
        mount = self._mount_at(path)
        if mount is None:
            return self._not_seen(path)
        if _is_inaccessible(mount):
            kind = FILE if mount.root.endswith("/reg") else DIRECTORY
            if path != mount.point:
                return self._not_seen(mount.point) if mount.kind == "tmpfs" and mount.root == "/" else ABSENT
            return Entry(kind, 0, 0, 0)
        place = self._on_host(mount, path)
        if place is not None:
            return place
        if mount.kind == "tmpfs" and "ro" in mount.options and self.hidden(path) is not None:
            return self._in_empty(mount, path)
        return self._not_seen(mount.point)

    def _on_host(self, mount: Mount, path: str) -> str | NotCollected | None:
        """The host's path of what lies in a mount; None where the host does not have it."""
        if not mount.device or mount.root.endswith("//deleted"):
            return None
        inside = _inside(mount, path)
        for there in self._host:
            start = there.root.rstrip("/")
            if there.device != mount.device or not f"{inside}/".startswith(f"{start}/"):
                continue
            place = f"{there.point.rstrip('/')}{inside[len(start) :]}".rstrip("/") or "/"
            if mount_at(self._host, place) != there:
                continue
            if _is_mapped(mount) or _is_mapped(there):
                return NotCollected(f"the worker sees other owners in {mount.point} than the host: its ids are mapped")
            return place
        return None

    def _in_empty(self, mount: Mount, path: str) -> Entry | Absent:
        """What lies in a tmpfs that the sandbox has left empty, but for the directories in which it mounts more."""
        is_way = path == mount.point or any(one.point.startswith(f"{path}/") for one in self._own)
        mode = _mode_of(mount) if path == mount.point else 0o755
        return Entry(DIRECTORY, 0o1777 if mode is None else mode, 0, 0) if is_way else ABSENT

    def _points_in(self, path: str) -> tuple[str, ...]:
        """The names of a directory's entries in which something is mounted."""
        start = f"{path.rstrip('/')}/"
        points = (one.point[len(start) :].partition("/")[0] for one in self._own if one.point.startswith(start))
        mount = mount_at(self._own, path)
        is_inaccessible = mount is None or _is_inaccessible(mount)
        return (
            ()
            if is_inaccessible
            else tuple(sorted(set(points), key=lambda name: name.encode(errors="surrogateescape")))
        )

    def _not_seen(self, point: str) -> NotCollected:
        where = f"/proc/{self._worker.pid}/root{point}"
        return NotCollected(f"the worker has a mount of its own at {point}, which only root sees, at {where}")

    def _setting_for(self, point: str, of_homes: str, of_paths: str) -> str | None:
        """The unit's setting that puts something at a point, as it is written there."""
        protects = self._settings.get("ProtectHome")
        if point in _HOMES and (protects == of_homes or (protects == "true" and of_homes == "yes")):
            return f"ProtectHome={of_homes}"
        for word in self._settings.get(of_paths, "").split():
            if word.lstrip("-+").partition(":")[0].rstrip("/") == point:
                return f"{of_paths}={word}"
        return None


def _settings(machine: Machine, worker: Process) -> dict[str, str]:
    return {name: value for unit in machine.units if unit.name == worker.unit for name, value in unit.properties}


def _other_points(own: tuple[Mount, ...], host: tuple[Mount, ...]) -> list[str]:
    """The points at which the two tables show something else, without those that lie below another one."""
    points = sorted({one.point for one in (*own, *host)})
    found: list[str] = []
    for point in points:
        if found and f"{point}/".startswith(f"{found[-1].rstrip('/')}/"):
            continue
        if _shown(own, point) != _shown(host, point):
            found.append(point)
    return found


def _shown(table: tuple[Mount, ...], path: str) -> tuple[str, str, frozenset[str]] | None:
    """What a table shows at a path: which part of which file system, and how."""
    mount = mount_at(table, path)
    if mount is None:
        return None
    return mount.device, _inside(mount, path), mount.options & _TELLING_OPTIONS


def _inside(mount: Mount, path: str) -> str:
    """Where in its file system a path of a mount lies."""
    below = path[len(mount.point.rstrip("/")) :].strip("/")
    return join(mount.root, below) if below else mount.root


def _is_mapped(mount: Mount) -> bool:
    return "idmapped" in mount.options


def _is_inaccessible(mount: Mount) -> bool:
    """Whether it is what a sandbox mounts over a directory that its service is not to look into."""
    return mount.root.startswith(_INACCESSIBLE_ROOT) or (mount.kind == "tmpfs" and _mode_of(mount) == 0)


def _mode_of(mount: Mount) -> int | None:
    """The mode that a tmpfs was mounted with."""
    text = next((option[5:] for option in mount.options if option.startswith("mode=")), "")
    return int(text, 8) & 0o7777 if text and not text.strip("01234567") else None
