"""How a host is reached: what `ssh -G` says, and the reader that stands for it where there is no ssh."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audit403.host.ssh_settings import SshError, SshSettings, parse_target, settings_of
from servers.need import need
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose configuration ssh may read; the agent of whoever runs the tests is none of its business."""
    (tmp_path / ".ssh").mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


def write(home: Path, text: str, name: str = "config") -> None:
    path = home / ".ssh" / name
    path.write_text(text)
    path.chmod(0o600)


def both(home: Path, target: str) -> tuple[SshSettings, SshSettings]:
    """What ssh says and what we read."""
    parsed = parse_target(target)
    return settings_of(parsed, ssh=need("ssh"), home=home), settings_of(parsed, ssh="", home=home)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("web1", ("web1", None, None)), ("deploy@web1:2222", ("web1", "deploy", 2222)),
        ("[fe80::1]:22", ("fe80::1", None, 22)), ("ssh://a@b:1/", ("b", "a", 1)), ("a@b@c", ("c", "a@b", None)),
        ("fe80::1%eth0", ("fe80::1%eth0", None, None)), ("root@::1", ("::1", "root", None)),
    ],
)  # fmt: skip
def test_targets(text: str, parts: tuple[str, str | None, int | None]) -> None:
    assert parse_target(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "", "-oProxyCommand=id", "user@", "a b", "web1:0", "web1:70000", "a\nb", "web1:x",
        "web1:" + "9" * 5000, "$(id)", "a;b", "a|b", "-l@web1", "a`b`@web1", "a\x1bb", "a/b", "[a b]:22",
    ],
)  # fmt: skip
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(SshError, match="is no host"):
        parse_target(text)


def test_everything_that_decides(home: Path) -> None:
    write(
        home,
        "Include more.conf\nHost web*\n  HostName %h.example.org\n  IdentityFile ~/.ssh/id_%r\n"
        "  ProxyJump one,%r@two:2022\n  UserKnownHostsFile ~/.ssh/a ~/.ssh/b\n  ConnectTimeout 7\n"
        "Host *\n  HostKeyAlias farm\n  IdentityAgent none\n",
    )
    write(home, "Host web1\n  User deploy\n  Port 2222\n", "more.conf")
    for settings in both(home, "web1"):
        assert (settings.host_name, settings.user, settings.port) == ("web1.example.org", "deploy", 2222)
        assert settings.identity_files == (f"{home}/.ssh/id_deploy",)
        assert settings.proxy_jump == ("one", "deploy@two:2022")
        assert settings.user_known_hosts == (f"{home}/.ssh/a", f"{home}/.ssh/b")
        assert (settings.host_key_alias, settings.connect_timeout, settings.identity_agent) == ("farm", 7, None)


def test_what_is_asked_for_wins(home: Path) -> None:
    write(home, "Host *\n  User deploy\n  Port 2222\n")
    for settings in both(home, "alice@web1:22"):
        assert (settings.user, settings.port) == ("alice", 22)


def test_what_counts_before_the_files(home: Path) -> None:
    write(home, "Host *\n  ProxyJump one\n  IdentityFile ~/.ssh/one\nHost web1\n  IdentityFile ~/.ssh/two\n")
    first = {"IdentityFile": "/k e\ny", "ProxyCommand": "nc '%h' \"%p\"\nHost x"}
    for ssh in (need("ssh"), ""):
        settings = settings_of(parse_target("web1"), first, ssh=ssh, home=home)
        assert settings.identity_files == ("/k e y", f"{home}/.ssh/one", f"{home}/.ssh/two")
        assert (settings.proxy_command, settings.proxy_jump) == ("nc 'web1' \"22\" Host x", ())
        assert settings_of(parse_target("web1"), {"ProxyJump": "two"}, ssh=ssh, home=home).proxy_jump == ("two",)


def test_names_of_files_with_spaces(home: Path) -> None:
    write(home, 'Host *\n  UserKnownHostsFile ~/.ssh/a "~/.ssh/b c" /d\n')
    for settings in both(home, "web1"):
        assert settings.user_known_hosts == (f"{home}/.ssh/a", f"{home}/.ssh/b c", "/d")


def test_a_broken_configuration_is_said(home: Path) -> None:
    write(home, "Host *\n  Port nonsense\n")
    with pytest.raises(SshError, match="configuration"):
        settings_of(parse_target("web1"), ssh=need("ssh"), home=home)


def test_includes_without_end_are_said(home: Path) -> None:
    write(home, "Include config\n")
    with pytest.raises(SshError, match="too deep"):
        settings_of(parse_target("web1"), ssh="", home=home)


def test_the_agent_is_that_of_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    write(home, "Host web1\n  IdentityAgent ~/.ssh/agent\n")
    assert [one.identity_agent for one in both(home, "web1")] == [f"{home}/.ssh/agent"] * 2
    assert [one.identity_agent for one in both(home, "web2")] == ["/run/agent"] * 2


_LINES = (
    "User alice", "User bob", "Port 2022", "Port 22", "HostName %h.example", "HostName 10.0.0.1", "ProxyJump none",
    "ProxyJump bastion", "IdentityFile ~/.ssh/one", "IdentityFile ~/.ssh/two", "HostKeyAlias farm", "ConnectTimeout 9",
    "IdentitiesOnly yes", "CertificateFile ~/.ssh/one-cert.pub", "UserKnownHostsFile ~/.ssh/kh",
)  # fmt: skip
_HOSTS = ("*", "web*", "web1", "db? !db2", "!web1 *", "10.0.0.*", "web1 web2")


def test_both_readers_say_the_same(home: Path, rng: Random) -> None:
    for _ in range(cases(8)):
        parts: list[list[str]] = [[], []]
        for lines in parts:
            lines += rng.sample(_LINES, rng.randint(0, 2))
            for _ in range(rng.randint(0, 3)):
                lines.append(f"Host {rng.choice(_HOSTS)}")
                lines += [f"    {line}" for line in rng.sample(_LINES, rng.randint(0, 4))]
        main, included = parts
        if rng.random() < 0.5:
            main.insert(rng.randint(0, len(main)), "Include more.conf")
        write(home, "\n".join(main) + "\n")
        write(home, "\n".join(included) + "\n", "more.conf")
        for target in ("web1", "db2", "carol@web2:2200", "10.0.0.7"):
            theirs, ours = both(home, target)
            assert theirs == ours, f"{target}\n{os.linesep.join(main)}\n---\n{os.linesep.join(included)}"
