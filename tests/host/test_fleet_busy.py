"""Many hosts behind one sshd that takes one login at a time (MaxStartups): asked again later, or told so."""

from __future__ import annotations

import socket
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from audit403.host import fleet
from audit403.host.connect import connect
from audit403.host.fleet import HostResult, audit_all
from audit403.host.inventory.target import HostTarget, read_target
from audit403.host.transport import output_of
from servers.sshd import Sshd, block

if TYPE_CHECKING:
    from pathlib import Path

    from servers.ssh_world import Way, World

HOSTS = 5


def audited(way: Way) -> dict[str, HostResult]:
    def job(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        transport = connect(target, way.options())
        try:
            return {"said": output_of(transport, "echo hello").decode()}
        finally:
            transport.close()

    targets = [read_target(f"web{number}") for number in range(HOSTS)]
    return {result.host: result for result in audit_all(targets, job, jobs=HOSTS, host_timeout=60)}


@pytest.fixture
def one_at_a_time(server_dir: Path, way: Way, world: World) -> Sshd:
    sshd = Sshd(server_dir, "MaxStartups 1:100:1")
    sshd.allow(world.key)
    way.home.configure(*(block(f"web{number}", sshd, world.key) for number in range(HOSTS)))
    way.home.knows(sshd.known())
    return sshd


def test_hosts_that_are_busy_are_asked_again(way: Way, one_at_a_time: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_PAUSE", 0.3)
    monkeypatch.setattr(fleet, "_FIRST_ALONE", 0)
    with one_at_a_time as sshd:
        found = audited(way)
        assert "drop connection" in sshd.log.read_text(errors="replace")
    assert Counter(result.fault for result in found.values()) == {None: HOSTS}
    assert all(result.report == {"said": "hello\n"} for result in found.values())


def test_a_host_that_stays_busy_is_said_to_be(way: Way, one_at_a_time: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_PAUSE", 0.01)
    with one_at_a_time as sshd, socket.create_connection(("127.0.0.1", sshd.port)) as first:
        assert first.recv(100).startswith(b"SSH-")
        found = audited(way)
    assert len(found) == HOSTS
    for name, result in found.items():
        assert result.fault is not None and result.fault.startswith(f"{name} ended the connection")
        assert "MaxStartups" in result.fault
