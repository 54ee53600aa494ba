"""known_hosts files as ssh-keygen reads them, and keys that are known, changed, revoked or vouched for."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from audit403.host.known_hosts import (
    CHANGED,
    KNOWN,
    REVOKED_KEY,
    UNKNOWN,
    KnownHosts,
    at_port,
    fingerprint,
    line_for,
    read_known_hosts,
)
from servers.need import need
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


def key(seed: int, kind: str = "ssh-ed25519") -> bytes:
    """A public key that nobody has the private one of."""
    body = bytes((seed + index) % 256 for index in range(32))
    return len(kind).to_bytes(4, "big") + kind.encode() + len(body).to_bytes(4, "big") + body


def written(data: bytes) -> str:
    return base64.b64encode(data).decode()


def known(tmp_path: Path, *lines: str) -> KnownHosts:
    path = tmp_path / "known_hosts"
    path.write_text("".join(f"{line}\n" for line in lines))
    return read_known_hosts([str(tmp_path / "absent"), str(path)])


A, B = key(1), key(2)


def test_a_key_is_known_or_another_one(tmp_path: Path) -> None:
    hosts = known(tmp_path, f"web1,10.0.0.1 ssh-ed25519 {written(A)} comment with words")
    assert hosts.judge("web1", 22, A).verdict == KNOWN
    assert hosts.judge("WEB1", 22, A).verdict == KNOWN
    assert hosts.judge("10.0.0.1", 22, B).verdict == CHANGED
    assert hosts.judge("10.0.0.1", 22, B).lines[0].number == 1
    assert hosts.judge("web2", 22, A).verdict == UNKNOWN


def test_files_are_read_again_where_they_have_changed(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    known(tmp_path, f"web1 ssh-ed25519 {written(A)}")
    with path.open("a") as file:
        file.write(f"web2 ssh-ed25519 {written(B)}\nweb3 ssh-ed25519 ")
    hosts = read_known_hosts([str(path)])
    assert [hosts.judge(name, 22, B).verdict for name in ("web1", "web2", "web3")] == [CHANGED, KNOWN, UNKNOWN]
    with path.open("a") as file:
        file.write(f"{written(B)}\n")
    assert read_known_hosts([str(path)]).judge("web3", 22, B).lines[0].number == 3
    hosts = known(tmp_path, f"web1 ssh-ed25519 {written(B)}")
    assert hosts.judge("web1", 22, B).verdict == KNOWN
    path.unlink()
    assert read_known_hosts([str(path)]).judge("web1", 22, B).verdict == UNKNOWN


def test_another_port_is_another_host_that_a_line_without_port_makes_known(tmp_path: Path) -> None:
    hosts = known(tmp_path, f"web1 ssh-ed25519 {written(A)}", f"[web2]:2222 ssh-ed25519 {written(B)}")
    assert hosts.judge("web1", 2222, A).verdict == KNOWN
    assert hosts.judge("web1", 2222, B).verdict == UNKNOWN
    assert hosts.judge("web2", 2222, A).verdict == CHANGED
    assert hosts.judge("web2", 22, B).verdict == UNKNOWN


def test_what_is_revoked_is_refused_whatever_else_is_said(tmp_path: Path) -> None:
    hosts = known(tmp_path, f"* ssh-ed25519 {written(A)}", f"@revoked web* ssh-ed25519 {written(A)}")
    assert hosts.judge("web1", 22, A).verdict == REVOKED_KEY
    assert hosts.judge("db1", 22, A).verdict == KNOWN
    assert hosts.judge("web1", 2200, A).verdict == REVOKED_KEY


def test_an_authority_is_no_key_of_the_host(tmp_path: Path) -> None:
    hosts = known(tmp_path, f"@cert-authority *.example ssh-ed25519 {written(A)}")
    assert hosts.judge("web1.example", 22, A).verdict == UNKNOWN
    assert [line.key for line in hosts.authorities("web1.example", 22)] == [A]
    assert hosts.authorities("web1.test", 22) == ()


@pytest.mark.parametrize(
    "line",
    [
        "", "# web1 ssh-ed25519 AAAA", "web1", "web1 ssh-ed25519", "web1 ssh-ed25519 %%%", "\0" * 50,
        "@other web1 ssh-ed25519 AAAA", f"web1 ssh-rsa {written(A)}", f"|1|no-hash ssh-ed25519 {written(A)}",
        f"|1|%%|%% ssh-ed25519 {written(A)}",
    ],
)  # fmt: skip
def test_what_is_no_line_is_passed_over(tmp_path: Path, line: str) -> None:
    hosts = known(tmp_path, line, f"web2 ssh-ed25519 {written(A)}")
    assert hosts.judge("web1", 22, A).verdict == UNKNOWN
    assert hosts.judge("web2", 22, A).verdict == KNOWN


def test_what_is_written_for_a_host_is_read_again(tmp_path: Path) -> None:
    hosts = known(tmp_path, line_for("Web1", 2222, "ssh-ed25519", A).rstrip())
    assert hosts.judge("web1", 2222, A).verdict == KNOWN
    assert hosts.key_types("web1", 2222) == ("ssh-ed25519",)


def test_the_fingerprint_is_the_one_that_ssh_shows(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(f"ssh-ed25519 {written(A)}\n")
    shown = subprocess.run(
        [need("ssh-keygen"), "-lf", tmp_path / "key.pub"], capture_output=True, text=True, check=True
    )
    assert fingerprint(A) in shown.stdout


def test_a_pattern_of_many_stars_takes_no_time(tmp_path: Path) -> None:
    hosts = known(tmp_path, f"{'*a' * 500}b ssh-ed25519 {written(A)}")
    assert hosts.judge("a" * 1000, 22, A).verdict == UNKNOWN


_NAMES = ("web1", "web2.example", "db.example.org", "10.0.0.1", "fe80::1", "a", "WEB1")
_PATTERNS = (
    *_NAMES,
    "*",
    "web?",
    "*.example",
    "!web1",
    "!*.example",
    "10.0.0.*",
    "[web1]:2222",
    "[*]:2222",
    "w*b*",
    "[a]",
    "",
)


def test_lines_are_found_as_ssh_keygen_finds_them(tmp_path: Path, rng: Random) -> None:
    """Patterns, hashed names and ports: the lines that `ssh-keygen -F` shows for a host are ours."""
    keygen, path = need("ssh-keygen"), tmp_path / "known_hosts"
    for _ in range(cases(15)):
        lines = []
        for number in range(rng.randint(1, 8)):
            marker = rng.choice(("", "", "", "@revoked ", "@cert-authority ", "@odd "))
            patterns = ",".join(rng.sample(_PATTERNS, rng.choice((1, 1, 2, 3))))
            lines.append(f"{marker}{patterns} ssh-ed25519 {written(key(number))}")
        path.write_text("".join(f"{line}\n" for line in lines))
        if rng.random() < 0.3:
            subprocess.run([keygen, "-H", "-f", path], capture_output=True, check=False)
            (tmp_path / "known_hosts.old").unlink(missing_ok=True)
        hosts = read_known_hosts([str(path)])
        for name in _NAMES:
            for port in (22, 2222):
                target = at_port(name, port)
                shown = _run([keygen, "-F", target, "-f", str(path)])
                found = [line.split("line ")[1] for line in shown.splitlines() if line.startswith("# Host")]
                theirs = [int(text.split()[0]) for text in found]
                ours = [line.number for line in hosts.about(target)]
                assert ours == theirs, f"{target}\n{path.read_text()}\n{shown}"


def _run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
