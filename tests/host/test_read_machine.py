"""The output of the discovery's script: what other systems say, and anything at all."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from audit403.apache import family as apache
from audit403.core.instance import view_of
from audit403.evidence.machine import Login, Machine, Mount, Process
from audit403.host.discover_script import discover_script
from audit403.host.read_machine import machine_of
from audit403.nginx import family as nginx
from servers.discovery import NAMES, TEXTS, process_of
from servers.recorded import closely, host, output, record, status

PROTECTED_HOME = "30 29 8:1 / / rw - xfs /dev/sda1 rw\n31 30 0:40 / /home ro - tmpfs tmpfs rw,mode=000"
SERVER = status(800, "nginx", 1, 0, capabilities="000001ffffffffff") + status(801, "nginx", 800, 996, "996 1001")
WORDS = (
    "nginx: master process", "nginx: worker process", "nginx: master process nginx", "nginx", "httpd", "apache2",
    "/sbin/httpd", "-c", "-", "--", "-p", "", " ", "  -c", "-f", "-D", "-d/x", "-TXf", "a b", "\udcff", "-k", "start",
    "/", "-g a; -p", "-cc", "-kstart", "\n", "-X",
)  # fmt: skip


def test_selinux_enforces() -> None:
    """As on RHEL 9: contexts, booleans, the unit's sandbox, two processes that share a table of mounts of their own."""
    httpd_t = "system_u:system_r:httpd_t:s0"
    machine = machine_of(
        output(
            *host(label="unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023"),
            record("mounts", "1", content=PROTECTED_HOME),
            *closely(800, "nginx: master process /usr/sbin/nginx", label=httpd_t, unit="nginx.service", sees="1"),
            *closely(801, "nginx: worker process", label=httpd_t, unit="nginx.service", sees="1"),
            record("status", content=SERVER),
            record("unit", "nginx.service", content="User=\nProtectHome=yes\nMainPID=800\n"),
            record("selinux", "1"),
            record("boolean", "httpd_enable_homedirs", "0 0"),
            record("boolean", "httpd_use_nfs", "1 1"),
            record("apparmor", ""),
        ),
        NAMES,
    )
    worker = process_of(machine, 801)
    assert (worker.label, worker.unit, worker.mounts, worker.groups) == (
        httpd_t,
        "nginx.service",
        1,
        frozenset({996, 1001}),
    )
    assert (worker.seccomp, worker.open_files, worker.parent) == (True, 1024, 800)
    assert process_of(machine, 800).capabilities == 0x1FFFFFFFFFF
    assert (machine.selinux, machine.booleans) == (
        "enforcing",
        (("httpd_enable_homedirs", False), ("httpd_use_nfs", True)),
    )
    assert machine.units[0].properties == (("User", ""), ("ProtectHome", "yes"), ("MainPID", "800"))
    hidden = Mount("/home", "/", "tmpfs", "tmpfs", frozenset({"ro", "mode=000"}), 31, 30, "0:40")
    assert machine.mount_tables[1][1] == hidden
    assert machine.system == "Linux 5.14.0"
    assert [what for what, _ in machine.not_seen] == ["programs and root directories of other users' processes"]


def test_all_that_is_seen_of_a_process_and_of_the_login() -> None:
    links = {"exe": "/usr/sbin/nginx", "root": "/srv/jail", "cwd": "/", "ns/mnt": "mnt:[4026532001]"}
    mapped = record("map", "801", content="0 100000 65536\n")
    machine = machine_of(
        output(
            *host(uid=0, groups="0 27"), record("status", content=SERVER), record("policy-store", "/var/lib/selinux"),
            record("permissive", "nginx_t"), *closely(800, "nginx", **links), record("built", "800", content="a\nb"),
            *(mapped if one.startswith(b"map\0") else one for one in closely(801, "nginx: worker process")),
        ),
        NAMES,
    )  # fmt: skip
    assert machine.login == Login("deploy", 0, frozenset({0, 27}), 0, "mnt:[4026531841]")
    master, worker = process_of(machine, 800), process_of(machine, 801)
    assert (master.executable, master.root, master.directory, master.mount_namespace) == tuple(links.values())
    assert (master.build, worker.build) == (("a", "b"), ())
    assert (master.is_mapped, worker.is_mapped) == (False, True)
    assert (worker.executable, worker.root, worker.directory, worker.mount_namespace) == (None, None, None, None)
    assert ("programs and root directories of other users' processes", "they are protected") in machine.not_seen
    assert machine.permissive == ("nginx_t",) and machine_of(output(*host()), NAMES).permissive is None


def test_a_login_without_a_name_or_mounts() -> None:
    known = [one for one in host() if one.partition(b"\0")[0] not in (b"user", b"mounts", b"own-namespace")]
    assert machine_of(output(*known), NAMES).login == Login("1000", 1000, frozenset({1000}), None, None)


def test_mounts_have_their_escapes_undone() -> None:
    table = machine_of(output(*host()), NAMES).mount_tables[0]
    assert table[2] == Mount(
        "/srv",
        "/sites of all",
        "ext4",
        "/dev/sdb1",
        frozenset({"ro", "nosymfollow", "errors=remount-ro"}),
        24,
        22,
        "8:2",
    )


def test_selinux_is_permissive_off_or_hidden() -> None:
    def mode(value: str, label: str = "") -> str | None:
        return machine_of(output(*host(label=label), record("selinux", value)), NAMES).selinux

    assert [mode("0"), mode("1"), mode("")] == ["permissive", "enforcing", "disabled"]
    assert mode("", "system_u:system_r:container_t:s0:c12,c99") is None
    assert mode("", "/usr/sbin/nginx (enforce)") == "disabled"


def test_apparmor() -> None:
    profiles = "/usr/sbin/php-fpm8.2 (enforce)\n/usr/bin/a program (complain)\n"
    argv = ("php-fpm: pool www",)
    records = [
        *host(uid=0),
        *closely(70, *argv, label="php-fpm (enforce)"),
        record("status", content=status(70, "php-fpm8.2", 1, 33)),
    ]
    machine = machine_of(output(*records, record("apparmor", "Y", content=profiles)), NAMES)
    assert machine.apparmor == (("/usr/sbin/php-fpm8.2", "enforce"), ("/usr/bin/a program", "complain"))
    assert machine.processes[0].label == "php-fpm (enforce)"
    hidden = machine_of(output(*host(), record("apparmor", "Y")), NAMES)
    assert dict(hidden.not_seen) == {"the profiles of AppArmor": "it needs root: run with --sudo"}


@pytest.mark.parametrize(
    ("option", "uid", "groups", "hides"),
    [
        (",hidepid=2", 1000, "1000", True),
        (",hidepid=invisible", 1000, "1000", True),
        (",hidepid=noaccess", 1000, "1000", True),
        (",hidepid=ptraceable", 1000, "1000", True),
        (",hidepid=0", 1000, "1000", False),
        ("", 1000, "1000", False),
        (",hidepid=off", 1000, "1000", False),
        (",gid=4,hidepid=2", 1000, "1000 4", False),
        (",gid=4,hidepid=2", 1000, "1000 44", True),
        (",hidepid=2", 0, "0", False),
    ],
)
def test_a_proc_that_hides_other_peoples_processes(option: str, uid: int, groups: str, hides: bool) -> None:
    machine = machine_of(output(*host(uid=uid, groups=groups, proc=option)), NAMES)
    assert ("processes of other users" in dict(machine.not_seen)) == hides


def test_a_sysctl_and_a_unit_that_nobody_shows() -> None:
    machine = machine_of(output(*host(sysctl=""), record("unit", "nginx.service")), NAMES)
    assert dict(machine.not_seen) == {
        "fs.protected_symlinks": "it needs root: run with --sudo",
        "the sandbox of nginx.service": "systemctl show does not answer",
    }


def test_a_system_without_a_proc_of_linux() -> None:
    """As on FreeBSD, with ps(1) alone."""
    listed = (
        "  901     1     0     0 nginx: master process /usr/local/sbin/nginx\n"
        "  902   901    80    80 nginx: worker process\n  903 1 0 0 /usr/sbin/syslogd -s\n 904 1 x 0 nginx\n"
    )
    system = [one for one in host() if one.partition(b"\0")[0] in (b"uid", b"user", b"groups")]
    machine = machine_of(
        output(record("system", content="FreeBSD\n14.1\n"), *system, record("ps", content=listed)), NAMES
    )
    assert [(one.pid, one.parent, one.uid, one.name) for one in machine.processes] == [
        (901, 1, 0, "nginx"),
        (902, 901, 80, "nginx"),
    ]
    assert (machine.selinux, machine.mount_tables) == (None, ())
    assert [right for _, right in machine.not_seen] == ["only Linux shows them, in /proc"]
    silent = machine_of(output(record("system", content="FreeBSD\n14.1\n"), *system, record("ps")), NAMES)
    assert ("what runs", "ps does not tell") in silent.not_seen


def test_a_process_that_ended_while_it_was_looked_at_is_left_out() -> None:
    half = "\n".join(status(801, "nginx", 800, 33).split("\n")[:3])
    records = [*closely(801, "nginx: worker process"), *closely(802), record("status", content=half)]
    assert machine_of(output(*host(), *records), NAMES).processes == ()


def test_words_of_a_process_may_be_anything() -> None:
    argv = ("nginx: worker process", "\0", "\udcff\n/proc/1/status:Uid:\t0")
    records = [*closely(801, *argv), record("status", content=status(801, "ng\\ninx", 800, 33))]
    process = machine_of(output(*host(), *records), NAMES).processes[0]
    assert process.argv == ("nginx: worker process", "", "", "\udcff\n/proc/1/status:Uid:\t0") and process.uid == 33


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-12],
        lambda data: data[7:],
        lambda data: data.replace(b"uid\x00", b"uid\x00x"),
        lambda data: data.replace(b"22 1 8:1", b"22"),
        lambda data: data.replace(b"sees\x00801\x000", b"sees\x00801\x007"),
        lambda data: data.replace(b"/proc/801/status:PPid:\t800", b"/proc/801/status:PPid:\tx"),
        lambda data: data.replace(b"mounts\x000", b"mounts\x003"),
        lambda data: data.replace(b"argv\x00801", b"argv\x00" + b"9" * 5000),
    ],
)
def test_what_is_not_whole_is_an_error_and_not_an_empty_host(damage: Callable[[bytes], bytes]) -> None:
    records = [*host(), *closely(801, "nginx: worker process"), record("status", content=status(801, "nginx", 800, 33))]
    whole = output(*records)
    assert machine_of(whole, NAMES).processes
    with pytest.raises(ValueError):
        machine_of(damage(whole), NAMES)


@pytest.mark.differential
def test_anything_at_all(rng: random.Random, cases: Callable[[int], int]) -> None:
    """Damaged outputs: a ValueError or a machine."""
    records = [
        *host(),
        *closely(801, "nginx: worker process", "a", unit="x.service", label="a:b:c:d"),
        record("status", content=status(801, "nginx", 800, 33)),
        record("unit", "x.service", content="A=b"),
        record("selinux", "1"),
        record("boolean", "x", "1"),
        record("apparmor", "Y", content="a (b)"),
        record("built", "801", content="configure arguments: --prefix=/x"),
        record("ps", content="1 1 1 1 nginx"),
    ]
    understood = 0
    for _ in range(cases(3000)):
        data = output(*(rng.choices(records, k=rng.randrange(20)) if rng.random() < 0.2 else records))
        for _ in range(rng.randrange(1, 4)):
            data = _damaged(data, rng)
        try:
            machine_of(data, NAMES)
            understood += 1
        except ValueError:
            continue
    assert understood


def _damaged(data: bytes, rng: random.Random) -> bytes:
    at, length = rng.randrange(len(data) + 1), rng.randrange(40)
    other = rng.choice(
        (rng.randbytes(length), b"", b"\0" * length, b"\n", b" ", b"\xff\xfe", b"-1", b"99999999999999999999")
    )
    return rng.choice((data[:at], data[:at] + other + data[at + length :], data[:at] + other + data[at:]))


@pytest.mark.differential
def test_any_processes_at_all(rng: random.Random, cases: Callable[[int], int]) -> None:
    """What the families make of processes with words of all kinds: servers or not, and never a crash."""
    found = 0
    for _ in range(cases(2000)):
        processes = tuple(
            Process(
                pid, rng.randrange(6), rng.choice(WORDS), tuple(rng.choices(WORDS, k=rng.randrange(5))), 0, 0,
                frozenset(), 0, rng.choice((None, "/usr/sbin/httpd", "")), directory=rng.choice((None, "/")),
                build=rng.choice(((), TEXTS, ("configure arguments: --prefix=", "x"))), room=rng.choice((None, 0, 30)),
            )
            for pid in range(6)
        )  # fmt: skip
        machine = Machine("", Login("", 0, frozenset()), processes)
        for instance in (*nginx.running(machine), *apache.running(machine)):
            found += 1
            assert all(path is None or path.startswith("/") for path in (instance.main, instance.prefix))
            assert instance.lacking or (instance.main is not None and instance.prefix is not None)
            assert view_of(instance, machine.login) is None
    assert found


def test_only_names_get_into_the_script() -> None:
    for names in (["nginx) rm -rf /;;"], ["$(id)"], ["a b"], []):
        with pytest.raises(ValueError):
            discover_script("abc", names, TEXTS)
    with pytest.raises(ValueError):
        discover_script("a'b", NAMES, TEXTS)
    assert "grep -F -e 'it'\\''s'" in discover_script("abc", NAMES, ["it's"])
