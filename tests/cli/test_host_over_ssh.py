"""`audit403 host` over a real sshd: the findings are those of the host itself, by either transport."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from servers.broken_host import AUDIT, BrokenHost, broken_host, findings_of
from servers.sshd import Home, Sshd, block, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator


class Away:
    """A host behind sshd, and the home of who audits it."""

    def __init__(self, host: BrokenHost, sshd: Sshd, home: Home) -> None:
        self.host, self.sshd, self.home = host, sshd, home

    def run(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run audit403 here, where the host's processes are not seen."""
        environment = {**os.environ, "HOME": str(self.home.folder)}
        environment.pop("SSH_AUTH_SOCK", None)
        return subprocess.run(
            [*AUDIT, *words], input=text, capture_output=True, text=True, timeout=120, env=environment, check=False
        )

    def json(self, *words: str) -> Any:
        """What it says as JSON."""
        done = self.run(*words, "--format", "json")
        assert done.returncode in (0, 1, 3), done.stderr
        return findings_of(done.stdout)


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    """The broken host, reached by the name web1; nobody knows the key of web2, which is the same."""
    folder = tmp_path_factory.mktemp("ssh")
    with broken_host() as host, Sshd(folder / "sshd", place=host.place) as sshd:
        home, key = Home(folder / "home"), make_key(folder / "key")
        sshd.allow(key)
        home.configure(block("web1", sshd, key), block("web2", sshd, key, "HostKeyAlias web2"))
        home.knows(sshd.known())
        yield Away(host, sshd, home)


@pytest.mark.parametrize("transport", ["paramiko", "openssh"])
def test_the_findings_are_those_of_the_host_itself(away: Away, transport: str, tmp_path: Path) -> None:
    before = away.host.state()
    saved = str(tmp_path / "web1.snapshot")
    there = away.json("host", "web1", "--transport", transport, "--save", saved)
    here = away.host.audit("host", "local")
    assert there["findings"] == here["findings"] and there["findings"]
    assert away.json("check", saved)["findings"] == here["findings"]
    assert away.host.state() == before


def test_a_host_whose_key_nobody_knows_is_not_audited(away: Away) -> None:
    done = away.run("host", "web2")
    assert done.returncode == 3 and "web2" in done.stderr and "key" in done.stderr
    assert "files/" not in done.stdout


def test_one_host_that_fails_does_not_stop_the_others(away: Away) -> None:
    done = away.run("host", "web2", "web1")
    assert done.returncode == 1 and "files/file-unreadable" in done.stdout
    assert "not audited: web2: " in done.stdout and "1 host not audited" in done.stdout


def test_an_inventory_with_a_journal(away: Away, tmp_path: Path) -> None:
    inventory, journal, saved = tmp_path / "hosts", tmp_path / "journal", tmp_path / "saved"
    inventory.write_text("[web]\nweb1\nweb2\n[other]\nnowhere.invalid\n")
    words = ("host", "-i", str(inventory), "--limit", "web", "--resume", str(journal), "--save", str(saved))
    first = away.run(*words, "--format", "jsonl")
    rows = {row["host"]: row for row in map(json.loads, first.stdout.splitlines())}
    assert first.returncode == 1 and set(rows) == {"web1", "web2"}, first.stderr
    assert rows["web1"]["audited"] and not rows["web2"]["audited"] and rows["web1"]["findings"]
    assert [path.name for path in saved.iterdir()] == ["web1.snapshot"]
    again = away.run(*words, "--format", "jsonl")
    rows_again = {row["host"]: row for row in map(json.loads, again.stdout.splitlines())}
    assert rows_again["web1"] == rows["web1"]


def test_requests_are_explained_there(away: Away) -> None:
    port = away.host.ports["nginx"]
    done = away.run("explain", f"http://a.test:{port}/up/a.jpg", "--on", "web1")
    assert done.returncode == 1 and "403 Forbidden (file-unreadable)" in done.stdout, done.stderr
    served = away.run("explain", f"http://a.test:{port}/index.html", "--on", "web1")
    assert served.returncode == 0 and "200" in served.stdout


def test_paths_are_reached_there(away: Away) -> None:
    path = f"{away.host.folder}/site/up/a.jpg"
    done = away.run("reach", path, "--as", "www-data", "--on", "web1")
    assert done.returncode == 1 and "EACCES" in done.stdout
    workers = away.run("reach", path, "--on", "web1", "--server", "nginx")
    assert workers.returncode == 1 and "www-data – a worker of nginx" in workers.stdout
