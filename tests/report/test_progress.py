"""The progress of an audit of hosts: on a terminal a line that goes away again, elsewhere nothing."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from audit403.core.progress import Progress
from audit403.report.progress import TargetsProgress
from servers.command import environment

STEPS = (Progress(0, 4, 40, 0), Progress(12, 8, 40, 1234567), Progress(40, 0, 40, 2000000))


def on_terminal() -> str:
    """What a terminal gets."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        with TargetsProgress("hosts", stream) as progress:
            for step in STEPS:
                progress.tell(step)
            with progress.aside():
                stream.write("web1: a line of the report\n")
                stream.flush()
            progress.tell(STEPS[-1])
        stream.flush()
        os.set_blocking(master, False)
        text = b""
        while True:
            try:
                text += os.read(master, 65536)
            except BlockingIOError:
                break
    os.close(master)
    return text.decode()


def test_a_terminal_sees_hosts_entries_and_their_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich", reason="an environment from before rich was needed: run scripts/bootstrap")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("CI", raising=False)
    text = on_terminal()
    assert "12 of 40 hosts, 8 at work" in text and "1,234,567 entries" in text and "/s" in text
    before, after = text.split("web1: a line of the report")
    assert before.endswith("\x1b[2K") and text.endswith("\x1b[2K")  # the line is wiped before anything else is written
    assert "40 of 40 hosts" in after


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_nothing_in_ci_or_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(name, value)
    assert on_terminal() == "web1: a line of the report\r\n"


def test_nothing_where_nobody_looks() -> None:
    stream = io.StringIO()
    with TargetsProgress("hosts", stream) as progress:
        for step in STEPS:
            progress.tell(step)
        with progress.aside():
            stream.write("x")
    assert stream.getvalue() == "x"


def test_rich_is_imported_only_for_a_terminal() -> None:
    script = (
        "import sys; from audit403.report import progress\n"
        "with progress.TargetsProgress('hosts') as bar: pass\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'rich']"
    )
    subprocess.run([sys.executable, "-c", script], env=environment(), check=True, stderr=subprocess.PIPE)
