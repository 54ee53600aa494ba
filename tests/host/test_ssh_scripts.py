"""Scripts on hosts of every sort: long ones, silent ones, odd login shells, much noise, and connections that break."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from audit403.evidence.directories import Directories
from audit403.host.connect import HostOptions, connect
from audit403.host.limits import Limits
from audit403.host.listing import parse
from audit403.host.listing_script import listing_script
from audit403.host.local_shell import LocalShell
from audit403.host.transport import HostError, output_of, quoted, run
from servers.need import need
from servers.plenty import rng
from servers.ports import free_port
from servers.random_trees import lay_out
from servers.sshd import Home, make_key

if TYPE_CHECKING:
    from pathlib import Path

    from servers.ssh_world import Way, World

HOSTILE = (
    "plain", "two words", "a'b", 'a"b', "new\nline", "$(id)", "`id`", "-rf", "--", "*", "?[a]", "~", "a;b",
    "back\\slash", "\\", "tab\t", " ", "\udcff\udcfe", "ümläut", "!!", "#no", "a&&b", ">x", "'", "\x01\x7f", "%s", "-n",
)  # fmt: skip


def as_shell(way: Way, world: World, tmp_path: Path, command: str) -> None:
    """Have `web` run a command where it would start the login shell; what was asked for is $SSH_ORIGINAL_COMMAND."""
    key = make_key(tmp_path / "forced")
    world.sshd.allow(key, 'command="' + command.replace('"', '\\"') + '"')
    way.lead_to(world, key=key)


def test_what_comes_back_is_what_was_printed(way: Way, world: World) -> None:
    way.lead_to(world)
    with way.to() as transport:
        assert transport.label == "web"
        assert output_of(transport, "printf 'a\\0b\\377\\n\\n'") == b"a\0b\xff\n\n"
        assert output_of(transport, "") == b""
        assert output_of(transport, 'echo "$LC_ALL $1"; exec 2>/dev/null; false') == b"C \n"
        ended = transport.start("exit 3", b"").ended()
        assert (ended.status, ended.errors) == (3, b"")
        ended = transport.start("echo no such thing >&2; kill -9 $$", b"").ended()
        assert ended.errors == b"no such thing\n" and ended.status in (None, 137, 255)


def test_one_script_after_the_other(way: Way, world: World) -> None:
    """None sees anything of the one before, however that ended, and a shell that is gone is replaced."""
    way.lead_to(world)
    with way.to() as transport:
        assert output_of(transport, "x=1; set -f; cd /usr; exec 2>/dev/null; read line; echo $line") == b"\n"
        first = output_of(transport, 'echo "$x $PWD $PPID $$"; echo noise >&2').split()
        assert len(first) == 3 and first[0] != b"/usr"
        if way.transport == "paramiko":  # the others have a process for each
            assert output_of(transport, "echo $$").strip() == first[2]
        for end in ("exit 0", "exit 3", "syntax ) error"):
            with pytest.raises(HostError, match=r"ended before the script had|no POSIX shell") as refused:
                output_of(transport, end)
            assert "noise" not in str(refused.value)
            assert output_of(transport, "echo hello") == b"hello\n"
        with contextlib.closing(run(transport, "while :; do echo more; done")) as stream:
            assert next(stream)
            assert output_of(transport, "echo hello") == b"hello\n"  # while another is still at work
        assert output_of(transport, "(sleep 0.2; kill -9 $$) >/dev/null 2>&1 &") == b""
        time.sleep(0.5)
        assert output_of(transport, "sleep 1.5; echo hello") == b"hello\n"
        assert output_of(transport, "echo hello") == b"hello\n"


def test_more_than_any_pipe_holds(way: Way, world: World) -> None:
    way.lead_to(world)
    with way.to() as transport:
        script = "echo begin\n" + "head -c 100000 /dev/zero >&2; head -c 100000 /dev/zero\n: " + "x" * 60_000 + "\n"
        script += (
            ": " + "y" * 1000 + "\n"
        ) * 4000 + "head -c 4000000 /dev/zero >&2; head -c 6000000 /dev/zero; echo end"
        found = output_of(transport, script)
    assert len(found) == 6_100_000 + 10 and found.startswith(b"begin\n\0") and found.endswith(b"\0end\n")


def test_names_are_one_word_each(way: Way, world: World) -> None:
    way.lead_to(world)
    script = "\n".join(f"printf '%s\\0' {quoted(name)}" for name in HOSTILE)
    expected = [os.fsencode(name if not name.startswith("-") else f"./{name}") for name in HOSTILE]
    assert way.says(script).split(b"\0")[:-1] == expected


def test_files_with_hostile_names_are_found(way: Way, world: World, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    names = [os.fsencode(name) for name in HOSTILE]
    for name in names:
        with open(os.fsencode(folder) + b"/" + name, "wb") as file:
            file.write(name)
    way.lead_to(world)
    script = f"cd {quoted(str(folder))}\n" + "\n".join(f"cat {quoted(name)}; printf '\\0'" for name in HOSTILE)
    assert way.says(script).split(b"\0")[:-1] == names


@pytest.mark.parametrize("shell", ["fish", "tcsh", "zsh", "busybox sh"])
def test_login_shells(way: Way, world: World, tmp_path: Path, shell: str) -> None:
    need(shell.split()[0])
    as_shell(way, world, tmp_path, f'exec {shell} -c "$SSH_ORIGINAL_COMMAND"')
    assert way.says("for one in a b; do printf '%s.' \"$one\"; done; echo $((1 + 1))") == b"a.b.2\n"


def test_a_shell_that_prints_before_and_after(way: Way, world: World, tmp_path: Path) -> None:
    greeting = "head -c 300000 /dev/zero | tr '\\0' '\\n'; echo Welcome to web1; echo warning >&2"
    as_shell(way, world, tmp_path, f"{greeting}; $SSH_ORIGINAL_COMMAND; echo Bye")
    assert way.says("echo hello") == b"hello\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/usr/sbin/nologin", "This account is currently not available: no POSIX shell was started"),
        ("cat /dev/zero", "its shell writes without end"),
        ("head -c 100000 /dev/urandom", "no POSIX shell was started"),
        ("cat", "no POSIX shell was started"),  # the script itself comes back, and its marks are not those of a shell
        ("echo we are closed >&2; exit 1", "web (status 1): we are closed: no POSIX shell was started"),
        ("exit 0", "no POSIX shell was started"),
        ("cat >/dev/null; printf '\\033]0;owned\\007\\n' >&2; exit 1", "owned?"),
    ],
)
def test_what_is_no_shell(way: Way, world: World, tmp_path: Path, command: str, words: str) -> None:
    as_shell(way, world, tmp_path, command)
    with pytest.raises(HostError) as refused:
        way.says("echo hello")
    text = str(refused.value)
    assert text.startswith("web") and words in text and text.isprintable()


def test_a_script_that_stops_in_the_middle(way: Way, world: World) -> None:
    way.lead_to(world)
    with way.to() as transport:
        output = run(transport, "echo some; exit 4")
        with pytest.raises(HostError, match=r"web \(status 4\): the output ended before the script had"):
            list(output)


def test_a_connection_that_breaks(way: Way, world: World) -> None:
    way.lead_to(world)
    with way.to() as transport:
        output = run(transport, "head -c 300000 /dev/zero; sleep 0.1; kill -9 $PPID; sleep 9")
        started = time.monotonic()
        with pytest.raises(HostError, match="web: the connection broke off"):
            list(output)
        assert time.monotonic() - started < 8
        with pytest.raises(HostError, match="web"):
            output_of(transport, "echo hello")


def test_a_listing_over_ssh(way: Way, world: World, tmp_path: Path) -> None:
    root = str(tmp_path.resolve() / "tree")
    lay_out(root, rng("listing"), 400)
    way.lead_to(world)
    here, there = Directories(), Directories()
    expected = parse(run(LocalShell(), listing_script([root])), here)
    with way.to() as transport:
        assert parse(run(transport, listing_script([root])), there) == expected
        assert (there.nodes, there.targets, there.singles) == (here.nodes, here.targets, here.singles)
        cut = parse(run(transport, listing_script(["/usr"], compress=False)), Directories(), limit=100)
        assert cut.cut_off
        assert output_of(transport, "echo still there") == b"still there\n"
        broken = f"kill_it() {{ head -c 3000; kill -9 $PPID; }}\n({listing_script([root], compress=False)}) | kill_it"
        with pytest.raises(HostError, match="web"):
            parse(run(transport, broken), Directories())


def test_a_host_that_freezes(way: Way, world: World) -> None:
    way.lead_to(world)
    for script in ("echo hello", "kill -STOP $PPID\n" + (": " + "y" * 1000 + "\n") * 5000):
        with way.to(limits=Limits(connect=3, silence=0.4)) as transport:
            session = int(output_of(transport, "echo $PPID"))
            try:
                if script == "echo hello":
                    os.kill(session, signal.SIGSTOP)
                with pytest.raises(HostError, match=r"^web: (no command can be run there|nothing came)"):
                    output_of(transport, script)
            finally:
                os.kill(session, signal.SIGKILL)


def test_time_is_over(way: Way, world: World) -> None:
    way.lead_to(world)
    with (
        way.to(limits=Limits(silence=0.3)) as transport,
        pytest.raises(HostError, match=r"web: nothing came for 0\.3 seconds"),
    ):
        output_of(transport, "echo hello; sleep 5")
    started = time.monotonic()
    with (
        pytest.raises(HostError, match=r"web took more than 2 seconds in all"),
        way.to(limits=Limits(whole=2)) as transport,
    ):
        output_of(transport, "while echo again; do sleep 0.05; done")
    assert time.monotonic() - started < 20


def test_a_host_that_accepts_and_says_nothing(way: Way, ssh_home: Home, world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        way.home.configure(f"Host web\n HostName 127.0.0.1\n Port {mute.getsockname()[1]}\n IdentityFile {world.key}\n")
        started = time.monotonic()
        with pytest.raises(HostError, match="web does not answer as an SSH server"):
            connect("web", way.options(limits=Limits(connect=0.4)))
        assert time.monotonic() - started < 20


def test_nothing_listens(way: Way, ssh_home: Home) -> None:
    port = free_port()
    with pytest.raises(HostError, match=rf"127\.0\.0\.1:{port}: Connection refused"):
        connect(f"127.0.0.1:{port}", way.options())
    with pytest.raises(HostError, match=r"nobody\.invalid cannot be reached"):
        connect("nobody.invalid", way.options())


def test_this_machine() -> None:
    shell = connect("local")
    assert isinstance(shell, LocalShell)
    script = (
        "echo begin\n" + (": " + "y" * 1000 + "\n") * 2000 + "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero"
    )
    assert len(output_of(shell, script)) == 300_006
    with pytest.raises(HostError, match=r"local \(status 3\): the output ended"):
        output_of(shell, "exit 3")
    running = connect("local", HostOptions(limits=Limits(silence=0.2))).start("sleep 60 & wait", b"")
    with pytest.raises(HostError, match="nothing came"):
        list(running)
    running.close()
