"""Which hosts are talked to: strict host keys, authorities, revoked keys, new hosts, and hosts behind others."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from audit403.host.connect import PARAMIKO, connect
from audit403.host.inventory.target import HostTarget
from audit403.host.ssh_settings import Target
from audit403.host.transport import HostBusy, HostError, output_of
from audit403.host.wire import packed
from servers.need import need
from servers.sshd import USER, Sshd, block, keygen, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from servers.ssh_world import Way, World
    from servers.sshd import Home

HELLO = "echo hello"


@pytest.fixture(scope="module")
def inner(world: World) -> Iterator[Sshd]:
    """Another sshd, which is to be reached through the one of the world."""
    with Sshd(world.folder / "inner") as sshd:
        sshd.allow(world.key)
        yield sshd


def refusal(way: Way, target: str = "web", **changed: object) -> str:
    with pytest.raises(HostError) as refused:
        way.says(HELLO, target, **changed)
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_an_unknown_key(way: Way, world: World) -> None:
    way.lead_to(world)
    way.home.knows()
    text = refusal(way)
    assert text.startswith("the key of web is not known") and text.endswith("by logging in there once with ssh")
    assert way.home.known_hosts.read_text() == ""


def test_a_changed_key(way: Way, world: World, tmp_path: Path) -> None:
    way.lead_to(world)
    way.home.knows(world.sshd.known(key=make_key(tmp_path / "old")))
    text = refusal(way)
    assert text.startswith("web shows another key than the one that is known") and f"{way.home.known_hosts}:1" in text
    assert f"ssh-keygen -R '[127.0.0.1]:{world.sshd.port}'" in text
    assert "another key" in refusal(way, accept_new=tmp_path / "new_hosts")
    assert not (tmp_path / "new_hosts").exists() or not (tmp_path / "new_hosts").read_text()


def test_a_revoked_key(way: Way, world: World, tmp_path: Path) -> None:
    way.lead_to(world)
    way.home.knows(world.sshd.known(), world.sshd.known(host="*", marker="@revoked"))
    assert "revoked" in refusal(way)
    assert "revoked" in refusal(way, accept_new=tmp_path / "new_hosts")


def test_known_in_other_ways(way: Way, world: World, tmp_path: Path) -> None:
    way.lead_to(world)
    keygen("-H", "-f", str(way.home.known_hosts))
    assert way.home.known_hosts.read_text().startswith("|1|")
    assert way.says(HELLO) == b"hello\n"
    way.lead_to(world, "HostKeyAlias farm")
    way.home.knows(world.sshd.known(host="farm"))
    assert way.says(HELLO) == b"hello\n"
    (tmp_path / "some hosts").write_text(world.sshd.known())
    way.lead_to(world, f'UserKnownHostsFile /nothing "{tmp_path}/some hosts"')
    way.home.knows()
    assert way.says(HELLO) == b"hello\n"
    way.lead_to(world, f'GlobalKnownHostsFile "{tmp_path}/some hosts"')
    way.home.knows()
    assert way.says(HELLO) == b"hello\n"


def test_the_key_that_is_known_is_asked_for(way: Way, world: World, server_dir: Path) -> None:
    with Sshd(server_dir, key_types=("ed25519", "ecdsa", "rsa")) as sshd:
        sshd.allow(world.key)
        way.home.configure(block("web", sshd, world.key))
        for key in sshd.keys:
            way.home.knows(sshd.known(key=key))
            assert way.says(HELLO) == b"hello\n"


def test_new_hosts_are_taken_when_asked_for(way: Way, world: World, tmp_path: Path) -> None:
    way.lead_to(world)
    way.home.knows()
    new_hosts = tmp_path / "state" / "new_hosts"
    found: list[bytes] = []
    hosts = [threading.Thread(target=lambda: found.append(way.says(HELLO, accept_new=new_hosts))) for _ in range(4)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    assert found == [b"hello\n"] * 4
    assert (
        set(new_hosts.read_text().splitlines(True)) == {world.sshd.known()} and way.home.known_hosts.read_text() == ""
    )
    new_hosts.write_text(world.sshd.known(key=make_key(tmp_path / "old")))
    assert "another key" in refusal(way, accept_new=new_hosts)


@pytest.mark.parametrize("way_through", ["gate", "gate,second", "ssh://{user}@second:{port}"])
def test_hosts_behind_others(way: Way, world: World, inner: Sshd, way_through: str) -> None:
    before = world.sshd.log.read_text().count("Accepted publickey")
    jump = way_through.format(user=USER, port=world.sshd.port)
    way.home.configure(
        block("web", inner, world.key, f"ProxyJump {jump}"),
        block("gate", world.sshd, world.key),
        block("second", world.sshd, world.key),
    )
    way.home.knows(world.sshd.known(), inner.known())
    assert way.says(HELLO) == b"hello\n"
    assert world.sshd.log.read_text().count("Accepted publickey") - before == way_through.count(",") + 1


def test_a_hop_that_has_a_hop_itself(way: Way, world: World, inner: Sshd) -> None:
    way.home.configure(
        block("web", world.sshd, world.key, "ProxyJump middle"),
        block("middle", inner, world.key, "ProxyJump gate"),
        block("gate", world.sshd, world.key),
    )
    way.home.knows(world.sshd.known(), inner.known())
    assert way.says(HELLO) == b"hello\n"


def test_every_hop_is_held_to_its_key(way: Way, world: World, inner: Sshd) -> None:
    way.home.configure(block("web", inner, world.key, "ProxyJump gate"), block("gate", world.sshd, world.key))
    way.home.knows(inner.known())
    assert "the key of gate is not known" in refusal(way)


def test_hops_that_lead_round(way: Way, world: World) -> None:
    way.home.configure(
        block("web", world.sshd, world.key, "ProxyJump gate"), block("gate", world.sshd, world.key, "ProxyJump web")
    )
    way.home.knows(world.sshd.known())
    assert "circle" in refusal(way)


def test_behind_a_hop_where_nothing_listens(way: Way, world: World) -> None:
    way.home.configure(
        block("web", world.sshd, world.key, "Port 1", "ProxyJump gate").replace(f"Port {world.sshd.port}\n", "", 1),
        block("gate", world.sshd, world.key),
    )
    way.home.knows(world.sshd.known())
    text = refusal(way)
    assert "web" in text and "127.0.0.1:1" in text


def test_a_host_that_lets_nobody_in_just_now(way: Way, world: World, server_dir: Path) -> None:
    with Sshd(server_dir, "MaxStartups 1") as sshd:
        way.home.configure(block("web", sshd, world.key))
        way.home.knows(sshd.known())
        with socket.create_connection(("127.0.0.1", sshd.port)) as first:
            assert first.recv(100).startswith(b"SSH-")
            with pytest.raises(HostBusy, match="web ended the connection"):
                way.says(HELLO)
    with socket.create_server(("127.0.0.1", 0)) as shut:
        threading.Thread(target=lambda: shut.accept()[0].shutdown(socket.SHUT_RDWR), daemon=True).start()
        with pytest.raises(HostBusy):
            way.says(HELLO, f"127.0.0.1:{shut.getsockname()[1]}")


def test_what_paramiko_does_not_speak(way: Way, world: World, server_dir: Path) -> None:
    with Sshd(server_dir, "Ciphers chacha20-poly1305@openssh.com") as sshd:
        sshd.allow(world.key)
        way.home.configure(block("web", sshd, world.key))
        way.home.knows(sshd.known())
        if way.transport == PARAMIKO:
            assert refusal(way) == "web speaks no way of SSH that paramiko does: use --transport openssh"
        else:
            assert way.says(HELLO) == b"hello\n"


def test_servers_that_speak_nonsense(way: Way, ssh_home: Home, rng: Random) -> None:
    kex = b"\x14" + rng.randbytes(16)
    packets = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-1.0-old\r\n", b"SSH-2.0-x\r\n", b"\0" * 1000]
    for body in (
        kex,
        kex + packed(*[b"\xff\xfe,"] * 10) + b"\0" * 5,
        kex + packed(*[b"x"] * 9),
        b"\x01\xff",
        b"\x1f",
        b"",
    ):
        padded = bytes([4]) + body + b"\0" * 4
        packets.append(b"SSH-2.0-x\r\n" + packed(padded))
    packets += [b"SSH-2.0-\xff\x1b[2J\r\n" + rng.randbytes(rng.randint(1, 200)) for _ in range(3)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = f"127.0.0.1:{server.getsockname()[1]}"
        threading.Thread(target=_answer, args=(server, packets), daemon=True).start()
        for packet in packets:
            with pytest.raises(HostError) as refused:
                connect(target, way.options())
            assert str(refused.value).isprintable() and str(refused.value).startswith("127.0.0.1 "), packet


def _padded(body: bytes) -> bytes:
    """A packet's content as RFC 4253 6 has it, so that what is wrong is the message in it."""
    size = 4 + -(9 + len(body)) % 8
    return bytes([size]) + body + b"\0" * size


def _answer(server: socket.socket, packets: list[bytes]) -> None:
    for packet in packets:
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(1000)
            connection.sendall(packet)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1000):
                pass


def test_what_an_inventory_says(way: Way, world: World, inner: Sshd, tmp_path: Path) -> None:
    way.home.configure(block("gate", world.sshd, world.key), "Host 127.0.0.1\n ProxyCommand false\n")
    way.home.knows(world.sshd.known(), inner.known())
    ssh = Target("127.0.0.1", USER, inner.port)
    target = HostTarget("web1", ssh, str(world.key), proxy_jump="gate")
    with contextlib.closing(connect(target, way.options())) as transport:
        assert output_of(transport, HELLO) == b"hello\n"
    command = f"{need('busybox')} nc %h %p"
    with contextlib.closing(
        connect(HostTarget("web1", ssh, str(world.key), None, command), way.options())
    ) as transport:
        assert output_of(transport, HELLO) == b"hello\n"
    with pytest.raises(HostError, match="is no host"):
        connect("a b", way.options())


def test_without_ssh_on_this_machine(
    way: Way, world: World, inner: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way.home.configure("Include more\n", block("web", inner, world.key, "ProxyJump gate"))
    (way.home.ssh / "more").write_text(block("gate", world.sshd, world.key))
    way.home.knows(world.sshd.known(), inner.known())
    monkeypatch.setenv("PATH", str(tmp_path))
    if way.transport == PARAMIKO:
        assert way.says(HELLO) == b"hello\n"
    else:
        assert refusal(way) == "ssh is not installed here: use --transport paramiko"


def test_a_target_with_user_and_port(way: Way, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    way.home.configure(f"IdentityFile {world.key}\n")
    way.home.knows(world.sshd.known())
    assert way.says(HELLO, f"{USER}@127.0.0.1:{world.sshd.port}") == b"hello\n"


def test_a_host_with_a_certificate(way: Way, world: World, server_dir: Path) -> None:
    marker = "@cert-authority"
    authority = make_key(server_dir / "authority")
    make_key(server_dir / "host")
    keygen("-q", "-s", str(authority), "-I", "host", "-h", "-n", "127.0.0.1", str(server_dir / "host.pub"))
    options = f"HostKey {server_dir}/host\nHostCertificate {server_dir}/host-cert.pub"
    with Sshd(server_dir / "sshd", options, key_types=()) as sshd:
        sshd.allow(world.key)
        way.home.configure(block("web", sshd, world.key))
        way.home.knows(sshd.known(marker=marker, key=authority))
        if way.transport == PARAMIKO:
            assert refusal(way).endswith("use --transport openssh")
        else:
            assert way.says(HELLO) == b"hello\n"
        way.home.knows(sshd.known(key=server_dir / "host"), sshd.known(marker=marker, key=authority))
        assert way.says(HELLO) == b"hello\n"
