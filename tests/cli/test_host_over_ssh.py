"""`audit403 host` over a real sshd: the findings are those of the host itself, by either transport."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from servers.away import Away, host_away

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    """One host for all tests."""
    with host_away(tmp_path_factory.mktemp("ssh")) as made:
        yield made


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
    for words in (("explain", "http://a.test/"), ("reach", "/etc")):
        asked = away.run(*words, "--on", "web2")
        assert asked.returncode == 3 and "the key of web2 is not known" in asked.stderr


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


def test_each_line_is_answered_by_the_server_on_its_port(away: Away) -> None:
    ports = away.host.ports
    hosts = (("a.test", "nginx"), ("b.test", "httpd"))
    urls = [f"http://{name}:{ports[server]}/page.html" for name, server in hosts]
    requests = "".join(json.dumps({"id": number, "url": url}) + "\n" for number, url in enumerate(urls))
    done = away.run("explain", "--requests", "-", "--on", "web1", text=requests)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == [0, 1], done.stdout
    assert [row["cause"] for row in rows] == ["file-not-found", "require"]


def test_paths_are_reached_there(away: Away) -> None:
    path = f"{away.host.folder}/site/up/a.jpg"
    done = away.run("reach", path, "--as", "www-data", "--on", "web1")
    assert done.returncode == 1 and "EACCES" in done.stdout
    workers = away.run("reach", path, "--on", "web1", "--server", "nginx")
    assert workers.returncode == 1 and "www-data – a worker of nginx" in workers.stdout
