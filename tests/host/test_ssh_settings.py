"""How a host is reached: what `ssh -G` says, and the reader that stands for it where there is no ssh."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audit403.host import ssh_settings
from audit403.host.ssh_settings import SshError, SshSettings, Target, parse_target, settings_of
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


def test_what_a_command_decides(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    write(home, "Match exec true\n  Port 2022\nMatch exec false\n  User bob\nMatch all\n  User alice\n")
    for settings in both(home, "web1"):
        assert (settings.port, settings.user) == (2022, "alice")


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


_PLAIN_HOSTS = ("*", "web*", "web1", "db? !db2", "!web1 *", "10.0.0.*", "web1 web2", "WEB1", '"web1"', "db2 db9")
_PLAIN_LINES = (
    "User alice", "User bob", "Port 2022", "port=22", "HostName 10.0.0.1", "hostname = Deep.example", "HostName %h.x",
    "IdentityFile ~/.ssh/one", "IdentityFile ~/.ssh/%r", "HostKeyAlias farm", "ConnectTimeout 9", "ProxyJump none",
    "ProxyJump web1", "ProxyCommand nc x 22", "ControlPath ~/.ssh/%C", "UserKnownHostsFile ~/.ssh/kh /x", "# Port 7",
    "Port 2200 # not 22", "Match host web1", "CanonicalizeHostname yes", "IdentityAgent none", "",
)  # fmt: skip


def test_asked_once_for_hosts_that_are_alike(home: Path, rng: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one answer of ssh's is taken for is what ssh says when it is asked about each host by itself."""
    targets = ("web1", "web2", "web3", "db1", "db2", "db9", "carol@web2:2200", "carol@web3:2200", "10.0.0.7", "Web1")
    alone = asked = 0
    counted = ssh_settings._asked

    def ask(program: str, target: Target, configuration: str) -> dict[str, list[str]]:
        nonlocal asked
        asked += 1
        return counted(program, target, configuration)

    monkeypatch.setattr(ssh_settings, "_asked", ask)
    for number in range(cases(20)):
        texts: list[str] = []
        for _ in range(3):
            lines = rng.sample(_PLAIN_LINES, 1 if rng.random() < 0.3 else 0)
            for _ in range(rng.randint(0, 3)):
                lines.append(f"Host {rng.choice(_PLAIN_HOSTS)}")
                lines += [f"    {line}" for line in rng.sample(_PLAIN_LINES[: rng.choice((6, 99))], rng.randint(0, 3))]
                if texts and rng.random() < 0.3:
                    lines.append(f"Include {home}/.ssh/part-{len(texts) - 1}*")
            texts.append("\n".join(lines) + "\n")
        for part, text in enumerate(texts):
            write(home, text, "config" if part == 2 else f"part-{part}.conf")
        first = rng.choice(({}, {}, {"IdentityFile": f"/k{number}"}, {"ProxyJump": "web1"}))
        for target in rng.sample(targets, len(targets)):
            parsed = parse_target(target)
            try:
                found: SshSettings | str = settings_of(parsed, first, ssh=need("ssh"), home=home)
            except SshError as error:
                found = str(error)
            before = asked
            with monkeypatch.context() as patch:
                patch.setattr(ssh_settings._plain, "lines_for", lambda host, files: None)
                try:
                    expected: SshSettings | str = settings_of(parsed, first, ssh=need("ssh"), home=home)
                except SshError as error:
                    expected = str(error)
            alone += asked - before
            asked = before
            assert found == expected, f"{target} {first}\n" + "\n--- included in the next\n".join(texts)
    assert asked < alone  # some were taken from another's


def test_a_configuration_that_changes_is_read_again(home: Path) -> None:
    write(home, f"Host web*\n  Port 2022\nInclude {home}/.ssh/more*\n")
    assert settings_of(parse_target("web1"), ssh=need("ssh"), home=home).port == 2022
    write(home, "Host web2\n  User bob\n", "more")
    assert settings_of(parse_target("web2"), ssh=need("ssh"), home=home).user == "bob"
    write(home, f"Host web*\n  Port 2023\nInclude {home}/.ssh/more*\n")
    assert settings_of(parse_target("web3"), ssh=need("ssh"), home=home).port == 2023
