"""Which nginx run, by the titles of processes: the command lines that ngx_get_options takes."""

from __future__ import annotations

import pytest

from audit403.core.instance import WORKERS
from audit403.evidence.machine import Login, Machine, Process
from audit403.nginx.family import running

BUILT = (
    "configure arguments: --with-ld-opt='-Wl -fPIC' --prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf --x=y"
)
MASTER = "nginx: master process /usr/sbin/nginx"


def process(
    pid: int, parent: int, *argv: str, uid: int = 0, directory: str | None = "/", build: str = BUILT
) -> Process:
    return Process(
        pid, parent, "nginx", argv, uid, uid, frozenset({uid}), 0, directory=directory, build=(build,) if build else ()
    )


def machine(*processes: Process) -> Machine:
    return Machine("Linux 6.1", Login("root", 0, frozenset({0})), processes)


@pytest.mark.parametrize(
    ("words", "main", "prefix"),
    [
        ("", "/etc/nginx/nginx.conf", "/usr/share/nginx"),
        (" -c /srv/n.conf", "/srv/n.conf", "/usr/share/nginx"),
        (" -c/srv/n.conf -q", "/srv/n.conf", "/usr/share/nginx"),
        (" -qc /srv/n.conf", "/srv/n.conf", "/usr/share/nginx"),
        (" -c n.conf", "/usr/share/nginx/n.conf", "/usr/share/nginx"),
        (" -p /srv -c conf/n.conf", "/srv/conf/n.conf", "/srv"),
        (" -p site/ -c n.conf", "/start/site/n.conf", "/start/site/"),
        (" -g daemon on; master_process on; -c /srv/my  site/n.conf", "/srv/my  site/n.conf", "/usr/share/nginx"),
        (" -g daemon off; env X=-c; -p /srv", "/etc/nginx/nginx.conf", "/srv"),
        (" -c -c", "/usr/share/nginx/-c", "/usr/share/nginx"),
        (" -e stderr -p /a/ -p /b/", "/etc/nginx/nginx.conf", "/b/"),
    ],
)
def test_the_command_line_in_a_title(words: str, main: str, prefix: str) -> None:
    (found,) = running(machine(process(9, 1, MASTER + words, directory="/start")))
    assert (found.main, found.prefix, found.lacking) == (main, prefix, None)


@pytest.mark.parametrize(
    ("build", "main", "prefix"),
    [
        ("configure arguments:", "/usr/local/nginx/conf/nginx.conf", "/usr/local/nginx"),
        ("configure arguments: --prefix=/opt/n", "/opt/n/conf/nginx.conf", "/opt/n"),
        ("configure arguments: --prefix= --conf-path=x.conf", "/start/x.conf", "/start/"),
        ("", None, None),
    ],
)
def test_what_was_built_in(build: str, main: str | None, prefix: str | None) -> None:
    (found,) = running(machine(process(9, 1, MASTER, directory="/start", build=build)))
    assert (found.main, found.prefix) == (main, prefix)
    assert (found.lacking is None) == (main is not None)


def test_a_relative_prefix_of_an_unseen_start() -> None:
    (found,) = running(machine(process(9, 1, f"{MASTER} -p site -c n.conf", directory=None)))
    assert (found.main, found.prefix) == (None, None)
    assert found.lacking is not None and "--sudo" in found.lacking


def test_workers_that_serve() -> None:
    """Neither the cache's processes nor what a reload left behind."""
    workers = [process(pid, 9, "nginx: worker process", uid=33) for pid in (12, 13)]
    others = [
        process(10, 9, "nginx: cache manager process", uid=33), process(11, 9, "nginx: privileged agent process"),
        process(14, 9, "nginx: worker process is shutting down", uid=34),
    ]  # fmt: skip
    (found,) = running(machine(process(9, 1, MASTER), *others, *workers))
    assert found.workers == tuple(workers)
    (old,) = running(machine(process(9, 1, MASTER), *others))
    assert [one.pid for one in old.workers] == [14]


def test_workers_whose_master_is_hidden() -> None:
    workers = tuple(process(pid, 9, "nginx: worker process", uid=33) for pid in (12, 13))
    (found,) = running(machine(*workers))
    assert (found.master, found.main, found.workers, found.known_by) == (None, None, workers, WORKERS)
    assert found.lacking is not None and "--sudo" in found.lacking


def test_a_master_that_is_being_replaced() -> None:
    """While the program is upgraded the new master is a child of the old one, with the same configuration."""
    old, new = process(9, 1, MASTER), process(20, 9, MASTER)
    workers = [
        process(10, 9, "nginx: worker process is shutting down"),
        process(21, 20, "nginx: worker process", uid=33),
    ]
    (found,) = running(machine(old, new, *workers))
    assert found.master == new and [one.pid for one in found.workers] == [21]


def test_instances_beside_each_other() -> None:
    other = process(30, 1, f"{MASTER} -c /srv/n.conf")
    found = running(machine(other, process(9, 1, MASTER), process(31, 30, "nginx: worker process")))
    assert [(one.main, len(one.workers)) for one in found] == [("/etc/nginx/nginx.conf", 0), ("/srv/n.conf", 1)]


@pytest.mark.parametrize(
    "argv",
    [
        ("nginx", "-t"),
        ("/usr/sbin/nginx", "-s", "reload"),
        ("nginx", "-qT"),
        ("nginx", "-V"),
        ("nginx", "reload"),
        ("nginx", "-c"),
        ("/bin/sh", "/etc/init.d/nginx", "start"),
        ("/nginx-ingress-controller", "--publish"),
        ("vi", "nginx.conf"),
        (),
    ],
)
def test_what_is_no_server(argv: tuple[str, ...]) -> None:
    assert running(machine(process(9, 1, *argv))) == ()


def test_one_process_alone() -> None:
    (found,) = running(machine(process(9, 1, "/usr/sbin/nginx", "-g", "daemon off; master_process off;")))
    assert found.workers == (found.master,)


def test_a_title_of_words() -> None:
    """Where ps(1) tells of processes, a title is words."""
    (found,) = running(machine(process(9, 1, *MASTER.split(), "-c", "/srv/n.conf")))
    assert found.main == "/srv/n.conf"


def test_a_title_that_was_cut_off() -> None:
    """ngx_setproctitle has the room of the words and the environment that nginx was started with."""
    title = f"{MASTER} -c /etc/ngi"
    (found,) = running(machine(process(9, 1, title)._replace(room=len(title) + 2)))
    assert found.main is None and found.lacking is not None and "--root" in found.lacking
    (found,) = running(machine(process(9, 1, title)._replace(room=len(title) + 3)))
    assert found.main == "/etc/ngi"
    (found,) = running(machine(process(9, 1, f"{MASTER} -c")))
    assert found.main is None and found.lacking is not None
