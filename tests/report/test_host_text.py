"""What heads the report about a host: each server with its workers, whom they run as, and what is particular."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from audit403.core.instance import CONFIGURED, WORKERS, Instance
from audit403.evidence.collected import Basics, Collected
from audit403.evidence.interface import ABSENT, Group, User
from audit403.evidence.kernel import KernelAnswer
from audit403.evidence.machine import Login, Machine, Process
from audit403.report.host_text import servers_text
from audit403.report.terminal import Style

MASTER = Process(7, 1, "nginx", (), 0, 0, frozenset(), 0)
WORKER = Process(8, 7, "nginx", (), 33, 33, frozenset({33}), 0)


def host(hostname: str | None = "web1") -> Collected:
    made = Collected()
    made.basics = None if hostname is None else Basics(hostname, None)
    made.users.update({33: User("www-data", 33, 33), 1000: User("ann", 1000, 1000), 5: ABSENT})
    made.groups.update({33: Group("www-data", 33, ()), 40: Group("web", 40, ())})
    return made


def lines(instance: Instance | None, collected: Collected | None = None, names: Collected | None = None) -> list[str]:
    """The lines of one server, and that of its host before them."""
    collected = collected or host()
    found = SimpleNamespace(family="nginx", site=SimpleNamespace(main="/etc/nginx.conf"))
    server = SimpleNamespace(found=found, instance=instance, names=names or collected)
    report: Any = SimpleNamespace(host="web1", servers=(server,), collected=collected)
    text = servers_text(report, Style())
    assert text.endswith("\n\n")
    return text.removesuffix("\n\n").split("\n")


def running(*workers: Process, master: Process | None = MASTER, known_by: str = WORKERS) -> Instance:
    return Instance("nginx", "/etc/nginx.conf", "/", (), master, workers, known_by)


def test_the_host_is_named_as_it_was_asked_for_and_as_it_calls_itself() -> None:
    assert lines(None)[0] == "web1"
    assert lines(None, host("db7"))[0] == "web1 (db7)"
    assert lines(None, host(""))[0] == lines(None, host(None))[0] == "web1"


def test_a_configuration_that_was_named() -> None:
    assert lines(None)[1:] == ["  nginx  /etc/nginx.conf  (named, whatever runs)"]


def test_workers_with_their_user_and_groups() -> None:
    one = "  nginx  /etc/nginx.conf  (1 worker of process 7, as www-data:www-data)"
    assert lines(running(WORKER))[1:] == [one]
    two = WORKER._replace(groups=frozenset({33, 99, 40}))
    assert lines(running(two, WORKER))[1:] == [
        "  nginx  /etc/nginx.conf  (2 workers of process 7, as www-data:www-data, groups web, 99)"
    ]
    nobody = WORKER._replace(uid=5, gid=6, groups=frozenset())
    assert lines(running(nobody))[1:] == ["  nginx  /etc/nginx.conf  (1 worker of process 7, as 5:6)"]


def test_without_workers_and_with_those_that_serve_as_somebody_else() -> None:
    assert lines(running())[1:] == ["  nginx  /etc/nginx.conf  (process 7, no worker was seen)"]
    assert lines(running(WORKER, known_by=CONFIGURED))[1:] == [
        "  nginx  /etc/nginx.conf  (1 worker of process 7, each as its configuration says)"
    ]


def test_who_started_it_where_that_was_not_root() -> None:
    ann = MASTER._replace(uid=1000)
    said = "    started by ann, not by root: it serves as that user, whatever its configuration names"
    assert lines(running(WORKER, master=ann))[2:] == lines(running(master=ann))[2:] == [said]
    assert lines(running(WORKER, master=ann._replace(is_mapped=True)))[2:] == []
    assert lines(running(WORKER, master=None))[2:] == []


def test_a_server_with_files_and_accounts_of_its_own() -> None:
    inner = Collected()
    inner.users[33] = User("http", 33, 33)
    assert lines(running(WORKER), names=inner)[1:] == [
        "  nginx  /etc/nginx.conf  (1 worker of process 7, as http:33)",
        "    its files and accounts are those below /proc/8/root: what mends them is run there",
    ]


def test_what_the_kernel_was_not_asked() -> None:
    asked = host()
    answers = (KernelAnswer(8, frozenset(), lacking="setpriv is missing"), KernelAnswer(9, frozenset(), lacking="no"))
    asked.machine = Machine("Linux", Login("root", 0, frozenset()), kernel=(*answers, KernelAnswer(8, frozenset())))
    assert lines(running(WORKER), asked)[2:] == [
        "    the kernel was not asked, modes and mounts alone were judged: setpriv is missing"
    ]
