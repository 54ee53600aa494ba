"""Which httpd run, by their command lines: parents, their children, and what main() in server/main.c takes."""

from __future__ import annotations

import pytest

from audit403.apache.family import running
from audit403.core.instance import CONFIGURED, WORKERS
from audit403.evidence.machine import Login, Machine, Process

BUILT = (' -D HTTPD_ROOT="/etc/httpd"', ' -D SERVER_CONFIG_FILE="conf/httpd.conf"')


def process(
    pid: int, parent: int, *argv: str, uid: int = 0, build: tuple[str, ...] = BUILT, executable: str | None = None
) -> Process:
    name = argv[0].rpartition("/")[2] if argv else "httpd"
    return Process(pid, parent, name, argv, uid, uid, frozenset({uid}), 0, executable, build=build)


def machine(*processes: Process) -> Machine:
    return Machine("Linux 6.1", Login("root", 0, frozenset({0})), processes)


INIT = process(1, 0, "/sbin/init")


@pytest.mark.parametrize(
    ("words", "main", "prefix", "defines"),
    [
        ("-DFOREGROUND", "/etc/httpd/conf/httpd.conf", "/etc/httpd", ("FOREGROUND",)),
        ("-k start", "/etc/httpd/conf/httpd.conf", "/etc/httpd", ()),
        ("-d /etc/apache2-two -k start", "/etc/apache2-two/conf/httpd.conf", "/etc/apache2-two", ()),
        ("-f apache2.conf -d/srv/a -D SSL -DX -T", "/srv/a/apache2.conf", "/srv/a", ("SSL", "X")),
        ("-TXf /srv/a.conf", "/srv/a.conf", "/etc/httpd", ("DEBUG",)),
        ("-e info -E /var/log/start.log -f /srv/a.conf", "/srv/a.conf", "/etc/httpd", ()),
    ],
)
def test_the_command_line(words: str, main: str, prefix: str, defines: tuple[str, ...]) -> None:
    (found,) = running(machine(INIT, process(9, 1, "/usr/sbin/httpd", *words.split())))
    assert (found.main, found.prefix, found.words, found.lacking) == (main, prefix, defines, None)


@pytest.mark.parametrize(
    ("words", "build", "main", "prefix"),
    [
        ("-k start", (), None, None),
        ("-d relative", BUILT, None, None),
        ("-d /srv", (), None, "/srv"),
        ("-f /srv/a.conf", (), "/srv/a.conf", None),
    ],
)
def test_what_is_not_seen_is_said(words: str, build: tuple[str, ...], main: str | None, prefix: str | None) -> None:
    (found,) = running(machine(INIT, process(9, 1, "httpd", *words.split(), build=build)))
    assert (found.main, found.prefix) == (main, prefix)
    assert found.lacking


def test_children_serve() -> None:
    children = tuple(process(pid, 9, "/usr/sbin/apache2", "-k", "start", uid=33) for pid in (10, 11))
    pipe = process(12, 9, "/usr/bin/rotatelogs", "/var/log/x")
    (found,) = running(machine(INIT, process(9, 1, "/usr/sbin/apache2", "-k", "start"), *children, pipe))
    assert (found.workers, found.known_by) == (children, WORKERS)


def test_children_of_mpm_itk_are_root_until_a_request_comes() -> None:
    children = tuple(process(pid, 9, "apache2", "-k", "start") for pid in (10, 11))
    (found,) = running(machine(INIT, process(9, 1, "apache2", "-k", "start"), *children))
    assert (found.workers, found.known_by) == (children, CONFIGURED)
    busy = process(12, 9, "apache2", "-k", "start", uid=1001)
    (found,) = running(machine(INIT, process(9, 1, "apache2", "-k", "start"), *children, busy))
    assert (len(found.workers), found.known_by) == (3, CONFIGURED)


def test_children_that_may_take_other_ids_do() -> None:
    child = process(10, 9, "apache2", "-k", "start", uid=33)._replace(capabilities=0x8000C4)
    (found,) = running(machine(INIT, process(9, 1, "apache2", "-k", "start"), child))
    assert (found.workers, found.known_by) == ((child,), CONFIGURED)


def test_no_child_at_all() -> None:
    (found,) = running(machine(INIT, process(9, 1, "httpd", "-k", "start")))
    assert (found.workers, found.known_by) == ((), CONFIGURED)
    (debugged,) = running(machine(INIT, process(9, 1, "httpd", "-X")))
    assert (debugged.workers, debugged.known_by) == ((debugged.master,), WORKERS)


def test_children_whose_parent_is_hidden() -> None:
    children = tuple(process(pid, 9, "apache2", "-k", "start", uid=33) for pid in (10, 11))
    (found,) = running(machine(*children))
    assert (found.master, found.workers) == (None, children)


def test_in_a_container_it_is_the_first_process() -> None:
    (found,) = running(machine(process(1, 0, "httpd", "-DFOREGROUND"), process(7, 1, "httpd", "-DFOREGROUND", uid=33)))
    assert (found.master is not None and found.master.pid, [one.pid for one in found.workers]) == (1, [7])


@pytest.mark.parametrize(
    "argv",
    [
        ("apache2", "-t"), ("httpd", "-S"), ("apache2", "-k", "graceful"), ("httpd", "-f"), ("httpd", "-f", "-p", "80"),
        ("httpd", "-p", "8080", "-h", "/www"), ("/bin/sh", "/usr/sbin/apache2ctl", "start"), ("httpd", "stray"), (),
        ("apache2-exporter",), ("httpd-tools",),
    ],
)  # fmt: skip
def test_what_is_no_server(argv: tuple[str, ...]) -> None:
    assert running(machine(INIT, process(9, 1, *argv))) == ()


def test_the_httpd_of_busybox_is_another() -> None:
    assert running(machine(INIT, process(9, 1, "httpd", executable="/bin/busybox"))) == ()
    assert len(running(machine(INIT, process(9, 1, "httpd", executable="/usr/sbin/httpd (deleted)")))) == 1
