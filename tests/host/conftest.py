"""An sshd for each module that asks for one, and both ways to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.host.connect import OPENSSH, PARAMIKO
from servers.ssh_world import Way, World, a_world
from servers.sshd import Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


@pytest.fixture
def ssh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own; the agent of whoever runs the tests is none of its business."""
    home = Home(tmp_path / "home")
    monkeypatch.setenv("HOME", str(home.folder))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return home


@pytest.fixture(params=[PARAMIKO, OPENSSH])
def way(request: pytest.FixtureRequest, ssh_home: Home) -> Way:
    return Way(request.param, ssh_home)


@pytest.fixture
def paramiko_way(ssh_home: Home) -> Way:
    """Where ssh itself does what paramiko has to be told, paramiko alone is the test."""
    return Way(PARAMIKO, ssh_home)
