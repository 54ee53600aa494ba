"""Logging in at a real sshd with keys of every kind, and what is said where it does not let us in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from audit403.host.connect import OPENSSH
from audit403.host.transport import HostError
from servers.fake_agent import FakeAgent
from servers.need import need
from servers.ssh_agent import SshAgent
from servers.ssh_world import Way
from servers.sshd import USER, Sshd, block, make_key, sign

if TYPE_CHECKING:
    from pathlib import Path

    from servers.ssh_world import World

HELLO = "echo hello"
PASSPHRASE = "open sesame"


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("ed25519", ()), ("rsa", ()), ("ecdsa", ()), ("ecdsa", ("-b", "521")),
        ("rsa", ("-m", "PEM")), ("rsa", ("-m", "PKCS8")), ("ecdsa", ("-m", "PKCS8")),
    ],
)  # fmt: skip
def test_keys(paramiko_way: Way, world: World, tmp_path: Path, kind: str, more: tuple[str, ...]) -> None:
    world.sshd.allow(key := make_key(tmp_path / "key", kind, "", *more))
    paramiko_way.lead_to(world, key=key)
    assert paramiko_way.says(HELLO) == b"hello\n"


def test_a_passphrase_is_asked_for_once_for_all_hosts(paramiko_way: Way, world: World, tmp_path: Path) -> None:
    way = paramiko_way  # ssh itself is not to ask anybody anything
    world.sshd.allow(key := make_key(tmp_path / "key", "ed25519", PASSPHRASE))
    way.lead_to(world, key=key)
    asked: list[str] = []

    def ask(path: str) -> str:
        asked.append(path)
        return PASSPHRASE if len(asked) > 1 else "something else"

    found: list[bytes] = []
    hosts = [threading.Thread(target=lambda: found.append(way.says(HELLO, ask=ask))) for _ in range(3)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    assert found == [b"hello\n"] * 3 and asked == [str(key)] * 2


def test_a_passphrase_that_nobody_tells(way: Way, world: World, tmp_path: Path) -> None:
    world.sshd.allow(key := make_key(tmp_path / "key", "ed25519", PASSPHRASE))
    way.lead_to(world, key=key)
    with pytest.raises(HostError) as refused:
        way.says(HELLO)
    assert str(key) in str(refused.value) and "ssh-add" in str(refused.value)
    if way.transport == OPENSSH:
        return
    with pytest.raises(HostError) as refused:
        way.says(HELLO, ask=lambda path: "guessed wrong")
    assert "was not opened by the passphrase" in str(refused.value) and "guessed" not in str(refused.value)


def test_a_key_that_others_may_read_is_not_taken(way: Way, world: World, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    world.sshd.allow(key)
    key.chmod(0o644)
    way.lead_to(world, key=key)
    with pytest.raises(HostError, match="can be read by others"):
        way.says(HELLO)


def test_an_agent_has_the_key(way: Way, world: World, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    world.sshd.allow(key)
    with SshAgent(tmp_path / "agent") as agent:
        for number in range(7):  # too many for a host that counts them
            agent.add(make_key(tmp_path / f"other{number}"))
        agent.add(key)
        key.unlink()  # only the public key is left, and says which of the agent's is meant
        way.lead_to(world, f"IdentityAgent {agent.socket}", key=key)
        assert way.says(HELLO) == b"hello\n"


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_an_agent_has_a_certificate(paramiko_way: Way, world: World, tmp_path: Path, kind: str) -> None:
    way, key = paramiko_way, make_key(tmp_path / "key", kind)
    sign(world.authority(), key, "-n", USER)
    with SshAgent(tmp_path / "agent") as agent:
        agent.add(key)
        way.home.configure(block("web", world.sshd, None, f"IdentityAgent {agent.socket}"))
        way.home.knows(world.sshd.known())
        assert way.says(HELLO) == b"hello\n"


def test_an_agent_that_refuses_to_sign(way: Way, world: World, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    world.sshd.allow(key)
    with SshAgent(tmp_path / "agent") as agent:
        agent.add(key, "-c")
        way.lead_to(world, f"IdentityAgent {agent.socket}", "IdentitiesOnly yes", key=key)
        key.unlink()
        with pytest.raises(HostError, match="the agent refuses"):
            way.says(HELLO)


def test_an_agent_that_is_not_there(way: Way, world: World, tmp_path: Path) -> None:
    way.lead_to(world, f"IdentityAgent {tmp_path / 'nothing'}")
    assert way.says(HELLO) == b"hello\n"
    way.lead_to(world, f"IdentityAgent {tmp_path / 'nothing'}", key=make_key(tmp_path / "other"))
    with pytest.raises(HostError, match="no agent answers at"):
        way.says(HELLO)


def test_a_key_that_is_touched(way: Way, world: World, tmp_path: Path) -> None:
    with FakeAgent(tmp_path / "agent") as agent:
        (tmp_path / "fido.pub").write_text(agent.public)
        world.sshd.allow(tmp_path / "fido")
        way.home.configure(block("web", world.sshd, None, f"IdentityAgent {tmp_path / 'agent'}"))
        way.home.knows(world.sshd.known())
        assert way.says(HELLO) == b"hello\n"
        assert agent.touches == 1


def test_a_key_that_is_touched_is_not_where_another_one_serves(way: Way, world: World, tmp_path: Path) -> None:
    with FakeAgent(tmp_path / "agent") as agent:
        way.lead_to(world, f"IdentityAgent {tmp_path / 'agent'}")
        assert way.says(HELLO) == b"hello\n"
        assert agent.touches == 0


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_kinds_of_certificates(paramiko_way: Way, world: World, tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path / "key", kind)
    sign(world.authority(), key, "-n", USER)
    paramiko_way.lead_to(world, key=key)
    assert paramiko_way.says(HELLO) == b"hello\n"


def test_certificates(way: Way, world: World, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    certificate = sign(world.authority(), key, "-n", USER)
    way.lead_to(world, key=key)
    assert way.says(HELLO) == b"hello\n"
    elsewhere = certificate.rename(tmp_path / "elsewhere.pub")
    way.lead_to(world, f"CertificateFile {elsewhere}", key=key)
    assert way.says(HELLO) == b"hello\n"
    way.lead_to(world, key=key)
    with pytest.raises(HostError, match="does not let"):
        way.says(HELLO)


def test_files_that_are_damaged(paramiko_way: Way, world: World, tmp_path: Path) -> None:
    key, other = make_key(tmp_path / "key"), make_key(tmp_path / "other")
    certificate = sign(world.authority(), other, "-n", USER)
    kind, text, _ = certificate.read_text().split(maxsplit=2)
    certificate.write_text(f"{kind} {text[:60]}\n")
    lines = key.read_text().splitlines()
    key.write_text("\n".join([lines[0], lines[1][:40], *lines[2:]]))
    (tmp_path / "empty").touch(mode=0o600)
    more = (f"IdentityFile {key}", f"IdentityFile {tmp_path}/empty", f"IdentityFile {tmp_path}")
    paramiko_way.lead_to(world, *more, key=other)
    with pytest.raises(HostError) as refused:
        paramiko_way.says(HELLO)
    for words in (
        f"{key} is damaged",
        f"{certificate} is damaged",
        f"{tmp_path}/empty is no key file",
        "cannot be read",
    ):
        assert words in str(refused.value)
    assert lines[2] not in str(refused.value)


def test_the_key_itself_serves_where_its_certificate_does_not(way: Way, world: World, tmp_path: Path) -> None:
    world.sshd.allow(key := make_key(tmp_path / "key"))
    sign(world.authority(), key, "-n", "somebody-else")
    way.lead_to(world, key=key)
    assert way.says(HELLO) == b"hello\n"


def test_a_login_that_is_refused(way: Way, world: World, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other")
    way.lead_to(world, key=other)
    with pytest.raises(HostError) as refused:
        way.says(HELLO)
    text = str(refused.value)
    assert text.startswith(f"web does not let {USER} in") and str(other) in text and "\n" not in text


def test_a_host_that_counts_the_keys(way: Way, world: World, server_dir: Path) -> None:
    with Sshd(server_dir / "sshd", "MaxAuthTries 1") as sshd, SshAgent(server_dir / "agent") as agent:
        for number in range(3):
            agent.add(make_key(server_dir / f"other{number}"))
        way.home.configure(block("web", sshd, None, f"IdentityAgent {agent.socket}"))
        way.home.knows(sshd.known())
        with pytest.raises(HostError, match=f"web does not let {USER} in|ended the login"):
            way.says(HELLO)


def test_no_key_at_all(way: Way, world: World) -> None:
    way.home.configure(block("web", world.sshd, None))
    way.home.knows(world.sshd.known())
    with pytest.raises(HostError, match=f"web does not let {USER} in"):
        way.says(HELLO)


@pytest.mark.parametrize("means", ["publickey,password", "password"])
def test_a_host_that_wants_a_password(way: Way, world: World, server_dir: Path, means: str) -> None:
    with Sshd(server_dir, f"PasswordAuthentication yes\nAuthenticationMethods {means}") as sshd:
        sshd.allow(world.key)
        way.home.configure(block("web", sshd, world.key))
        way.home.knows(sshd.known())
        with pytest.raises(HostError, match="password"):
            way.says(HELLO)


def test_a_hundred_thousand_bytes_of_banner(way: Way, world: World, server_dir: Path) -> None:
    (server_dir / "banner").write_text("Authorized users only.\x1b[2J\n" * 4000)
    with Sshd(server_dir, f"Banner {server_dir / 'banner'}") as sshd:
        sshd.allow(world.key)
        way.home.configure(block("web", sshd, world.key))
        way.home.knows(sshd.known())
        assert way.says(HELLO) == b"hello\n"


def test_a_command_to_go_through(way: Way, world: World) -> None:
    way.lead_to(world, f"ProxyCommand {need('busybox')} nc %h %p")
    assert way.says(HELLO) == b"hello\n"


def test_a_command_to_go_through_that_fails(way: Way, world: World) -> None:
    way.lead_to(world, "ProxyCommand sh -c 'echo the tunnel is shut >&2; exit 1'")
    with pytest.raises(HostError, match="the tunnel is shut"):
        way.says(HELLO)
