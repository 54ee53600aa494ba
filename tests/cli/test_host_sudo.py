"""`audit403 host --sudo` with the real sudo: a login without root's rights sees what root sees, or is told why not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from servers.away import Away, host_away
from servers.need import need
from servers.process import server_directory
from servers.sshd import USER

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGIN = "games"
MAY_ALL = f"{LOGIN} ALL=(root) NOPASSWD: ALL"


@pytest.fixture(scope="module")
def away() -> Iterator[Away]:
    """The broken host, which lets an ordinary user in as plain1."""
    need("sudo")
    with server_directory() as folder, host_away(folder) as made:  # into which sshd looks as the user
        config = (made.home.ssh / "config").read_text()
        made.home.configure(config, config.replace("web1", "plain1").replace(f"User {USER}\n", f"User {LOGIN}\n"))
        accounts = made.host.folder / "passwd"
        place = made.host.place
        place.run("sh", "-c", f"sed '/^{LOGIN}:/s|[^:]*$|/bin/sh|' /etc/passwd >{accounts}; chmod 644 {accounts}")
        place.run("mount", "--bind", str(accounts), "/etc/passwd")
        yield made


@contextmanager
def sudoers(away: Away, *lines: str) -> Iterator[None]:
    """What sudo may, in the place of the host alone."""
    path = away.host.folder / "sudoers"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o440)
    away.host.place.run("mount", "--bind", str(path), "/etc/sudoers")
    try:
        yield
    finally:
        away.host.place.run("umount", "/etc/sudoers")
        path.unlink()


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param((f"{LOGIN} ALL=(root) NOPASSWD: /bin/sh",), id="the shell alone"),
        pytest.param(("Defaults use_pty, log_output, lecture=always", MAY_ALL), id="a terminal of its own"),
    ],
)
def test_with_sudo_it_is_as_with_root(away: Away, rules: tuple[str, ...]) -> None:
    expected = away.host.audit("host", "local")
    with sudoers(away, *rules):
        report = away.json("host", "plain1", "--sudo")
    assert report == expected and report["findings"] and not report["not_audited"]


def test_without_sudo_the_same_login_sees_less(away: Away) -> None:
    report = away.json("host", "plain1")
    assert any("--sudo" in one["reason"] for one in report["not_audited"])


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        pytest.param((f"{LOGIN} ALL=(root) ALL",), "a password is required", id="a password"),
        pytest.param(("root ALL=(ALL) ALL",), "a password is required", id="nothing"),
        pytest.param((f"{LOGIN} ALL=(root) NOPASSWD: /usr/bin/find",), "a password is required", id="other commands"),
        pytest.param((f"{LOGIN} ALL=(root) NOPASSWD: ALL, !/bin/sh",), "sh", id="all but the shell"),
        pytest.param(("Defaults requiretty", MAY_ALL), "you must have a tty", id="a terminal"),
    ],
)
def test_what_sudo_lacks_is_said(away: Away, rules: tuple[str, ...], said: str) -> None:
    with sudoers(away, *rules):
        done = away.run("host", "plain1", "--sudo")
    assert done.returncode == 3 and said in done.stderr and "NOPASSWD: /bin/sh" in done.stderr, done.stderr
    assert "plain1: sudo starts no shell" in done.stderr and "Traceback" not in done.stderr


def test_a_host_without_sudo(away: Away) -> None:
    place, program = away.host.place, need("sudo")
    nothing = away.host.folder / "nothing"
    nothing.touch(0o600)
    place.run("mount", "--bind", str(nothing), program)
    try:
        done = away.run("host", "plain1", "--sudo")
    finally:
        place.run("umount", program)
    assert done.returncode == 3 and "has no sudo there that it could run" in done.stderr, done.stderr
