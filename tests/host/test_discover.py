"""What the discovery's script finds of real servers, in every shell and with every right that can be had here."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit403.core.instance import CONFIGURED, WORKERS
from audit403.nginx import family as nginx_family
from servers.apache import main_config as apache_config
from servers.discovery import UNPRIVILEGED, discovered, instance_of, process_of
from servers.need import need, need_root
from servers.nginx import main_config as nginx_config
from servers.ports import free_port
from servers.process import children, ending_with_the_tests, name_of, stop_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers.apache import Apache
    from servers.nginx import Nginx

WWW_DATA = 33
OWN_GROUP = frozenset({WWW_DATA})


@pytest.fixture
def nginx(server_dir: Path, start_nginx: Callable[..., Nginx]) -> Nginx:
    need_root()
    return start_nginx(nginx_config(server_dir, f"server {{ listen 127.0.0.1:{free_port()}; }}"))


@pytest.fixture
def apache(server_dir: Path, start_apache: Callable[..., Apache]) -> Apache:
    need_root()
    body = f"Listen 127.0.0.1:{free_port()}"
    return start_apache(apache_config(server_dir, body), defines=("SITE", "TLS"))


@pytest.fixture(scope="module")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every program that busybox has, and no other."""
    folder = tmp_path_factory.mktemp("busybox")
    subprocess.run([need("busybox"), "--install", "-s", str(folder)], check=True)
    return folder


def test_nginx_and_its_workers(nginx: Nginx) -> None:
    machine = discovered()
    instance = instance_of(machine, nginx.pid)
    assert (instance.family, instance.main, instance.prefix) == ("nginx", str(nginx.conf), f"{nginx.prefix}/")
    assert [worker.pid for worker in instance.workers] == children(nginx.pid)
    worker, master = instance.workers[0], instance.master
    assert (worker.uid, worker.gid, worker.groups, worker.capabilities) == (WWW_DATA, WWW_DATA, OWN_GROUP, 0)
    assert master is not None and (master.uid, master.capabilities & 0b111) == (0, 0b111)
    for one in (worker, master):
        assert (one.executable, one.root, one.directory) == (nginx.binary, "/", str(Path.cwd()))
        assert one.mount_namespace == machine.login.mount_namespace and one.mounts == machine.login.mounts == 0
        assert not one.is_mapped
    assert (instance.known_by, instance.lacking) == (WORKERS, None)
    assert machine.login.uid == 0
    assert any(mount.point == "/" for mount in machine.mount_tables[0])


def test_apache_and_its_children(apache: Apache) -> None:
    instance = instance_of(discovered(), apache.pid)
    assert (instance.family, instance.main, instance.prefix) == ("apache", str(apache.conf), str(apache.prefix))
    assert instance.words == ("SITE", "TLS", "FOREGROUND")
    assert [worker.pid for worker in instance.workers] == apache.workers()
    assert {(one.uid, one.gid) for one in instance.workers} == {(WWW_DATA, WWW_DATA)}
    assert instance.known_by == WORKERS


@pytest.mark.parametrize(
    "shell", [("dash",), ("bash", "--posix"), ("zsh", "--emulate", "sh"), ("mksh",)], ids=lambda one: str(one[0])
)
def test_every_shell_finds_the_same(nginx: Nginx, shell: tuple[str, ...]) -> None:
    expected = instance_of(discovered(), nginx.pid)
    assert instance_of(discovered(shell=(need(shell[0]), *shell[1:])), nginx.pid) == expected


def test_busybox_alone_finds_the_same(nginx: Nginx, busybox: Path) -> None:
    expected = instance_of(discovered(), nginx.pid)
    found = discovered(shell=(str(busybox / "sh"),), environment={"PATH": str(busybox)})
    assert instance_of(found, nginx.pid) == expected


def test_who_is_not_root_sees_who_serves_and_is_told_what_is_missing(nginx: Nginx, apache: Apache) -> None:
    machine = discovered(UNPRIVILEGED)
    for server in (nginx, apache):
        instance = instance_of(machine, server.pid)
        assert instance.main == str(server.conf)
        assert [(one.uid, one.groups) for one in instance.workers] == [(WWW_DATA, OWN_GROUP)] * len(instance.workers)
        assert instance.workers and instance.workers[0].root is None
    needs_root = {what for what, right in machine.not_seen if "--sudo" in right}
    assert "programs and root directories of other users' processes" in needs_root
    assert machine.login.uid == 65534 and machine.login.groups == {65534}


@pytest.mark.parametrize("within", [(), UNPRIVILEGED], ids=["root", "unprivileged"])
def test_what_was_built_in_is_read_out_of_the_program(server_dir: Path, within: tuple[str, ...]) -> None:
    """An nginx without -c and -p, in a mount namespace where its own file is another one."""
    _write_nginx(server_dir)
    mounted = f"mount --bind {server_dir}/nginx.conf /etc/nginx/nginx.conf"
    with _running("unshare", "-m", "sh", "-c", f"{mounted} && exec {need('nginx')} -g 'daemon off;'") as pid:
        machine = discovered(within)
    instance = instance_of(machine, pid)
    assert instance.master is not None and instance.master.mounts not in (None, 0)
    table = machine.mount_tables[instance.master.mounts]
    assert any(mount.point == "/etc/nginx/nginx.conf" for mount in table)
    assert all(mount.point != "/etc/nginx/nginx.conf" for mount in machine.mount_tables[0])
    seen = ("/etc/nginx/nginx.conf", "/usr/share/nginx") if not within else (None, None)
    assert (instance.main, instance.prefix) == seen
    assert (instance.lacking is None) == (not within)


def test_what_was_built_in_is_found_by_name_where_the_same_files_are_seen(server_dir: Path) -> None:
    _write_nginx(server_dir)
    with _running(need("nginx"), "-c", f"{server_dir}/nginx.conf", "-g", "daemon off;") as pid:
        instance = instance_of(discovered(UNPRIVILEGED), pid)
    assert (instance.main, instance.prefix) == (f"{server_dir}/nginx.conf", "/usr/share/nginx")


def test_relative_paths_and_several_at_once(server_dir: Path) -> None:
    """A prefix relative to the directory of the start, with a space in it; a configuration relative to its prefix."""
    first, second = server_dir / "a site", server_dir / "b"
    for folder in (first, second):
        _write_nginx(folder)
    with (
        _running(need("nginx"), "-p", "a site", "-cnginx.conf", "-g", "daemon off;", cwd=server_dir) as one,
        _running(need("nginx"), "-qc", "nginx.conf", "-p", f"{second}", "-g", "daemon off;", cwd=server_dir) as other,
    ):
        machine = discovered()
        told = discovered(UNPRIVILEGED)
    assert instance_of(machine, one).main == f"{first}/nginx.conf"
    assert instance_of(machine, other).main == f"{second}/nginx.conf"
    assert instance_of(told, one).lacking and instance_of(told, one).main is None
    assert instance_of(told, other).main == f"{second}/nginx.conf"


def test_an_nginx_without_a_master(server_dir: Path) -> None:
    _write_nginx(server_dir)
    command = (need("nginx"), "-p", str(server_dir), "-c", "nginx.conf", "-g", "daemon off; master_process off;")
    with _running(*command, workers=0) as pid:
        instance = instance_of(discovered(), pid)
    assert instance.master is not None and instance.workers == (instance.master,)
    assert (instance.main, instance.master.uid) == (f"{server_dir}/nginx.conf", 0)


def test_a_master_that_is_not_root(server_dir: Path) -> None:
    _write_nginx(server_dir)
    subprocess.run(["chown", "-R", "65534:65534", str(server_dir)], check=True)
    command = ("setpriv", "--reuid=65534", "--regid=65534", "--groups=65534,33", need("nginx"))
    with _running(*command, "-p", str(server_dir), "-c", "nginx.conf", "-g", "daemon off;") as pid:
        instance = instance_of(discovered(UNPRIVILEGED), pid)
    assert [(one.uid, sorted(one.groups)) for one in instance.workers] == [(65534, [33, 65534])]


def test_a_master_whose_workers_have_gone(server_dir: Path) -> None:
    _write_nginx(server_dir)
    subprocess.run([need("nginx"), "-p", str(server_dir), "-c", "nginx.conf"], check=True)
    pid = int((server_dir / "nginx.pid").read_text())
    try:
        _until(lambda: bool(children(pid)))
        os.kill(pid, signal.SIGWINCH)
        _until(lambda: not children(pid))
        instance = instance_of(discovered(), pid)
    finally:
        os.kill(pid, signal.SIGTERM)
    assert (instance.workers, instance.known_by, instance.main) == ((), CONFIGURED, f"{server_dir}/nginx.conf")


def test_a_title_without_room(server_dir: Path) -> None:
    """Started without an environment, nginx has no room for the whole of its command line."""
    _write_nginx(server_dir)
    with _running("env", "-i", need("nginx"), "-g", "daemon off;", "-p", str(server_dir), "-c", "nginx.conf") as pid:
        instance = instance_of(discovered(), pid)
    assert (instance.main, instance.prefix) == (None, None) and instance.lacking
    assert [one.uid for one in instance.workers] == [WWW_DATA]


def test_a_user_namespace(server_dir: Path) -> None:
    _write_nginx(server_dir, user="root")
    command = ("unshare", "-U", "--map-root-user", need("nginx"), "-p", str(server_dir), "-c", "nginx.conf")
    with _running(*command, "-g", "daemon off;") as pid:
        instance = instance_of(discovered(UNPRIVILEGED), pid)
    assert instance.workers and all(one.is_mapped for one in instance.workers)


def test_processes_that_only_have_the_name_are_no_server(tmp_path: Path) -> None:
    script = tmp_path / "nginx"
    script.write_text("#!/bin/sh\nsleep 60\n")
    script.chmod(0o755)
    with _running(str(script), workers=1) as pid:
        machine = discovered()
        assert process_of(machine, pid).name == "nginx"
        assert not [one for one in nginx_family.running(machine) if one.master is not None and one.master.pid == pid]


def test_many_children_are_looked_at_one_by_one_only_for_their_ids(
    server_dir: Path, start_nginx: Callable[..., Nginx]
) -> None:
    need_root()
    config = nginx_config(server_dir, f"server {{ listen 127.0.0.1:{free_port()}; }}")
    server = start_nginx(config.replace("worker_processes 1", "worker_processes 9"))
    _until(lambda: len(children(server.pid)) == 9)
    instance = instance_of(discovered(), server.pid)
    assert len(instance.workers) == 9
    assert len({one._replace(pid=0) for one in instance.workers}) == 1
    assert instance.workers[8].root == "/" and instance.workers[8].mounts == 0


def test_a_mount_over_proc_is_not_taken_for_nothing_runs(nginx: Nginx) -> None:
    """Without /proc, and with one that hides other users' processes (hidepid, proc(5))."""
    machine = discovered(("unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc && exec sh"))
    assert not machine.processes
    assert ("what runs", "it needs /proc, which is not mounted there") in machine.not_seen
    hidden = "mount -t proc -o hidepid=2 proc /proc && exec " + " ".join(UNPRIVILEGED) + " sh"
    machine = discovered(("unshare", "-m", "sh", "-c", hidden))
    assert all(one.pid != nginx.pid for one in machine.processes)
    told = dict(machine.not_seen)
    assert "run with --sudo" in told["processes of other users"]
    as_root = discovered(("unshare", "-m", "sh", "-c", "mount -t proc -o hidepid=2 proc /proc && exec sh"))
    assert instance_of(as_root, nginx.pid).workers and "processes of other users" not in dict(as_root.not_seen)


def _write_nginx(folder: Path, *, user: str | None = None) -> None:
    """A configuration in a folder; what it writes goes to one whose name has no spaces."""
    need_root()
    written = folder.with_name(folder.name.replace(" ", "-"))
    (written / "tmp").mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    config = nginx_config(written, f"server {{ listen 127.0.0.1:{free_port()}; }}", user=user)
    (folder / "nginx.conf").write_text(config)


@contextlib.contextmanager
def _running(*command: str, cwd: Path | None = None, workers: int = 1) -> Iterator[int]:
    """A command that becomes a server; it is up when it has so many children."""
    process = subprocess.Popen(ending_with_the_tests([*command]), cwd=cwd, stdin=subprocess.DEVNULL)
    try:
        _until(lambda: name_of(process.pid) == "nginx" and len(children(process.pid)) >= workers)
        yield process.pid
    finally:
        stop_process(process, signal.SIGTERM, 10)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.005)
