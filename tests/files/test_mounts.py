"""What a worker sees through mounts of its own, held against the kernel: each answer is what it finds there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.edit import UnhideEdit
from audit403.evidence.interface import ABSENT, Absent, Entry, NotCollected, Unreadable
from audit403.evidence.local import LocalEvidence
from audit403.evidence.machine import Login, Machine, Mount, Process, Unit, mount_at
from audit403.files.mounts import EMPTY, INACCESSIBLE, Hidden, SeenByWorker, world_of
from files.worlds import SITE
from servers.discovery import discovered, process_of
from servers.judged_site import OnMachine
from servers.need import need, need_root
from servers.process import ending_with_the_tests, name_of
from servers.sandbox import in_own_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit403.evidence.interface import Evidence

#: What lies there, and what is mounted over it, on the host and by the worker.
LAID_OUT = """
set -e; cd "$1"; mkdir -p "$2/x"; echo shared > "$2/x/page"
mkdir -p home/ann home/bob srv/www/sub srv/other/sub data/a/b tmp private/tmp
for path in home/ann/page home/bob/page srv/www/page srv/www/sub/page srv/other/page data/a/b/page
do echo "$path" > $path; done
mkdir srv/link; ln -s "$1/home/ann" srv/link/home; ln -s ../other srv/www/other; ln -s /nowhere srv/www/gone
chmod 0711 home/ann; chown 33:33 srv/other; chmod 0640 srv/other/page
"""
OWN = (
    ("mount", "--bind", "{0}/srv/other", "{0}/srv/www/sub"),
    ("mount", "--bind", "{0}/data", "{0}/home/bob"),
    ("mount", "--rbind", "{1}", "{0}/data/a"),
    ("mount", "--bind", "{0}/private/tmp", "{0}/tmp"),
    ("mount", "--bind", "{0}/home/ann/page", "{0}/srv/www/page"),
    ("mount", "-t", "tmpfs", "fresh", "{0}/srv/other"),
    ("umount", "-l", "/dev/shm"),
)
_NAMES = ("page", "sub", "x", "b", "a")
ASKED = """
import json, os, sys
answers = {}
for path in json.load(sys.stdin):
    try:
        status = os.lstat(path)
        real = os.path.realpath(path)
        names = sorted(os.listdir(path)) if os.path.isdir(path) else None
        answers[path] = [status.st_mode & 0o7777, status.st_uid, status.st_gid, status.st_size, names,
                         open(path).read() if os.path.isfile(path) else None]
    except (FileNotFoundError, NotADirectoryError):
        answers[path] = None
print(json.dumps(answers))
"""


@pytest.fixture
def laid_out(server_dir: Path) -> Iterator[Path]:
    need_root()
    subprocess.run(["sh", "-c", LAID_OUT, "sh", str(server_dir), shared(server_dir)], check=True)
    yield server_dir
    shutil.rmtree(shared(server_dir))


def shared(folder: Path) -> str:
    """A folder of another file system, which nobody else uses."""
    return f"/dev/shm/{folder.name}"


@pytest.fixture
def worker(laid_out: Path) -> Iterator[subprocess.Popen[bytes]]:
    commands = [[word.format(laid_out, shared(laid_out)) for word in command] for command in OWN]
    process = subprocess.Popen(ending_with_the_tests([*in_own_mounts(*commands), "sleep", "60"]))
    end = time.monotonic() + 10
    while name_of(process.pid) != "sleep" and time.monotonic() < end:
        time.sleep(0.01)
    yield process
    process.kill()
    process.wait()


def seen_by(pid: int, **changed: Any) -> Evidence:
    machine = discovered(names=("sleep",))._replace(**changed)
    return world_of(OnMachine(LocalEvidence(), machine), process_of(machine, pid))


def everything_below(top: Path) -> list[str]:
    """Every path that is there for anybody, and some that are not."""
    found = [str(path) for path in top.rglob("*")]
    made_up = [f"{path}/{name}" for path in found if not Path(path).is_symlink() for name in _NAMES]
    far = [shared(top), f"{shared(top)}/x", f"{shared(top)}/x/page"]
    return sorted({*found, *made_up, *far, "/etc/passwd", "/", "/dev/shm", str(top)})


def test_every_answer_is_the_kernels(laid_out: Path, worker: subprocess.Popen[bytes]) -> None:
    paths = everything_below(laid_out)
    enter = [need("nsenter"), "-t", str(worker.pid), "-m", sys.executable, "-c", ASKED]
    done = subprocess.run(enter, input=json.dumps(paths), capture_output=True, text=True, check=True)
    kernel = json.loads(done.stdout)
    world = seen_by(worker.pid)
    assert isinstance(world, SeenByWorker)
    told, unknown = 0, set()
    for path in paths:
        entry = world.entry(path)
        if isinstance(entry, NotCollected):
            unknown.add(path)
            continue
        told += 1
        expected = kernel[path]
        if isinstance(entry, Absent):
            assert expected is None, path
            continue
        assert isinstance(entry, Entry) and expected is not None, path
        assert [entry.mode, entry.uid, entry.gid, entry.size] == expected[:4], path
        names, content = world.names(path), world.read(path)
        if not isinstance(names, NotCollected | Unreadable | Absent):
            assert list(names) == expected[4], path
        if isinstance(content, bytes):
            assert content.decode() == expected[5], path
    assert told > 100
    not_shown = [str(laid_out / "srv/other"), "/dev/shm"]
    assert all(any(path == top or path.startswith(f"{top}/") for top in not_shown) for path in unknown), unknown


def test_what_is_not_shown_says_who_would_see_it(laid_out: Path, worker: subprocess.Popen[bytes]) -> None:
    entry = seen_by(worker.pid).entry(str(laid_out / "srv/other/page"))
    assert isinstance(entry, NotCollected)
    assert f"/proc/{worker.pid}/root{laid_out}/srv/other" in entry.reason and "root" in entry.reason


def test_a_sandbox_that_replaces_homes_by_nothing(laid_out: Path, worker: subprocess.Popen[bytes]) -> None:
    """What the unit says of a fresh tmpfs is what is claimed of it; what is mounted in it is there."""
    home = str(laid_out / "home")
    machine = discovered(names=("sleep",))
    process = process_of(machine, worker.pid)._replace(unit="n.service")
    assert process.mounts is not None and machine.login.mounts == 0
    below = mount_at(machine.mount_tables[0], home)
    assert below is not None and below.point == "/"
    fresh = Mount(home, "/", "tmpfs", "tmpfs", frozenset(("ro", "mode=755")), 9_001, below.number, "0:99")
    data = Mount(
        f"{home}/ann/data", str(laid_out / "data"), below.kind, "x", frozenset(), 9_002, fresh.number, below.device
    )
    mounted = (fresh, data)
    units = (Unit("n.service", (("ProtectHome", "no"), ("TemporaryFileSystem", f"/var:ro {home}:ro"))),)
    tables = (machine.mount_tables[0], (*machine.mount_tables[0], *mounted))
    machine = machine._replace(units=units, mount_tables=tables)
    world = world_of(OnMachine(LocalEvidence(), machine), process._replace(mounts=1))
    assert isinstance(world, SeenByWorker)
    assert world.hidden(f"{home}/bob") == Hidden(EMPTY, home, f"TemporaryFileSystem={home}:ro")
    assert world.entry(home) == Entry("d", 0o755, 0, 0) and world.names(home) == ("ann",)
    assert world.entry(f"{home}/bob") == world.entry(f"{home}/ann/page") == ABSENT
    assert isinstance(world.entry(f"{home}/ann"), Entry) and world.names(f"{home}/ann") == ("data",)
    assert world.read(f"{home}/ann/data/a/b/page") == b"data/a/b/page\n"
    unsaid = world_of(OnMachine(LocalEvidence(), machine._replace(units=())), process._replace(mounts=1))
    assert isinstance(unsaid.entry(f"{home}/bob"), NotCollected), "who else mounted it may have filled it"


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"ProtectHome": "yes"}, "ProtectHome=yes"),
        ({"ProtectHome": "no", "InaccessiblePaths": "-/home /srv"}, "InaccessiblePaths=-/home"),
        ({"ProtectHome": "tmpfs"}, None),
        ({}, None),
    ],
)
def test_what_is_made_inaccessible(settings: dict[str, str], setting: str | None) -> None:
    root = Mount("/", "/", "ext4", "/dev/sda1", frozenset(), 1, 0, "8:1")
    over = Mount("/home", "/systemd/inaccessible/dir", "tmpfs", "tmpfs", frozenset(("ro",)), 2, 1, "0:20")
    machine = Machine("Linux", Login("root", 0, frozenset({0}), 0, "a"), (), ((root,), (root, over)),
        (Unit("n.service", tuple(settings.items())),),
    )  # fmt: skip
    process = Process(9, 1, "nginx", (), 33, 33, frozenset({33}), 0, unit="n.service", mounts=1)
    world = world_of(OnMachine(SITE, machine), process)
    assert isinstance(world, SeenByWorker)
    assert world.hidden("/home/ann") == world.hidden("/home") == Hidden(INACCESSIBLE, "/home", setting)
    assert world.hidden("/homes") is None and world.hidden("/srv") is None
    assert (world.entry("/home"), world.entry("/home/ann"), world.names("/home")) == (Entry("d", 0, 0, 0), ABSENT, ())
    assert world.entry("/srv/mine") == SITE.entry("/srv/mine")
    opened = OnMachine(SITE, machine).with_changes([UnhideEdit("/home")])
    assert world_of(opened, process).entry("/home/ann") == SITE.entry("/home/ann")


def test_a_worker_in_a_directory_of_its_own_sees_what_lies_there() -> None:
    root = (Mount("/", "/", "ext4", "/dev/sda1", frozenset(), 1, 0, "8:1"),)
    machine = Machine("Linux", Login("root", 0, frozenset({0}), 0, "a"), (), (root, ()))
    process = Process(9, 1, "httpd", (), 33, 33, frozenset({33}), 0, root="/home", mount_namespace="a", mounts=1)
    world = world_of(OnMachine(SITE, machine), process)
    assert world.entry("/ann") == SITE.entry("/home/ann") and world.entry("/") == SITE.entry("/home")
    assert world.names("/ann") == SITE.names("/home/ann")


def test_ids_that_a_mount_maps_are_not_known() -> None:
    root = Mount("/", "/", "ext4", "/dev/sda1", frozenset(), 1, 0, "8:1")
    mapped = Mount("/srv", "/home", "ext4", "/dev/sda1", frozenset(("idmapped",)), 2, 1, "8:1")
    machine = Machine("Linux", Login("root", 0, frozenset({0}), 0, "a"), (), ((root,), (root, mapped)))
    process = Process(9, 1, "nginx", (), 33, 33, frozenset({33}), 0, mounts=1)
    entry = world_of(OnMachine(SITE, machine), process).entry("/srv/ann")
    assert isinstance(entry, NotCollected) and "mapped" in entry.reason
