"""A run that was cut off: what it leaves, and how the next one goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from audit403.cli.main import main
from audit403.s3.live.client import Clients, Login
from audit403.s3.live.collect import Collected, Collector, Wanted
from audit403.s3.live.workers import Workers
from s3.live.stub import BLOCKED, DENIED, Stub, answering, public_policy
from servers.command import environment
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.progress import Progress

HERE = "eu-west-1"
NAMES = [f"bucket-{number:02}" for number in range(40)]


def account() -> Stub:
    stub = Stub(dict.fromkeys(NAMES, HERE))
    for name in (NAMES[0], NAMES[-1]):
        stub.answers[name, "policy"] = (200, public_policy(name))
        stub.answers[name, "public_access_block"] = (200, BLOCKED)
    return stub


def asked_of(stub: Stub) -> set[str]:
    return {about for service, _, about in stub.calls if service == "s3" and about}


def interrupted(stub: Stub, journal: str | None, count: int) -> Collected:
    """A run in which somebody presses Ctrl-C when so many are done."""
    workers = Workers(2)

    def tell(progress: Progress) -> None:
        if progress.done >= count and workers.goes_on():
            os.kill(os.getpid(), signal.SIGINT)

    with answering(stub), workers.interruptible():
        return Collector(Clients(Login(), 2, 1), Wanted(), workers, tell, journal).collect()


def test_ctrl_c_leaves_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit403.s3.live.collect._TURN", 0.0)
    found = interrupted(account(), None, 10)
    buckets = found.state["buckets"]
    assert 10 <= len(buckets) < len(NAMES) and all("cors" in bucket for bucket in buckets.values())
    left = [one.target for one in found.not_audited if one.reason == "the run was interrupted"]
    assert {*left} == {f"s3://{name}" for name in NAMES if name not in buckets}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_next_run_asks_for_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit403.s3.live.collect._TURN", 0.0)
    journal = str(tmp_path / "journal")
    first = interrupted(account(), journal, 10)
    stub = account()
    with answering(stub):
        whole = Collector(Clients(Login(), 4, 1), Wanted(), Workers(4), None, journal).collect()
    assert asked_of(stub) == {*NAMES} - {*first.state["buckets"]}
    with answering(account()):
        assert Collector(Clients(Login(), 4, 1), Wanted(), Workers(4)).collect() == whole


def test_one_with_gaps_is_asked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal"
    stub = account()
    stub.answers[NAMES[3], "cors"] = DENIED
    with answering(stub):
        assert main(["s3", "-q", "--resume", str(journal)]) == 1
    stub = account()
    with answering(stub):
        assert main(["s3", "--format", "json", "--resume", str(journal)]) == 1
    assert asked_of(stub) == {NAMES[3]}
    report = json.loads(capsys.readouterr().out.partition("\n{")[2].join(("{", "")))
    assert len(report["findings"]) == 2 and report["not_audited"] == []


def test_a_journal_of_another_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal"
    with answering(account()):
        assert main(["s3", "-q", "--resume", str(journal)]) == 1
        assert main(["s3", "--sample", "2", "--resume", str(journal)]) == 2
    assert "is of a run with other options" in capsys.readouterr().err


def test_what_is_no_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal"
    journal.write_text("hello\n")
    with answering(account()):
        assert main(["s3", "--resume", str(journal)]) == 2
    assert "is no journal of audit403" in capsys.readouterr().err
    assert journal.read_text() == "hello\n"


def test_rows_of_another_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = tmp_path / "journal"
    with answering(account()):
        assert main(["s3", "-q", "--resume", str(journal)]) == 1
        with journal.open("a") as file:
            file.write('{"bucket": 1}\n')
        assert main(["s3", "--resume", str(journal)]) == 2
    assert "line 42 is none of its" in capsys.readouterr().err


def test_a_line_that_was_cut_off(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with answering(account()):
        assert main(["s3", "-q", "--resume", str(journal)]) == 1
    journal.write_bytes(journal.read_bytes()[:-20])
    stub = account()
    with answering(stub):
        assert main(["s3", "-q", "--resume", str(journal)]) == 1
    assert len(asked_of(stub)) == 1


def test_ctrl_c_of_the_command_ends_with_a_report(tmp_path: Path) -> None:
    """The whole program, with a server that answers slowly; it ends by itself, and says what was left."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "benchmarks/_s3_server.py", str(port), "400", "0.05"], stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None and server.stdout.readline()
        state = tmp_path / "state.json"
        command = ["s3", "--endpoint-url", f"http://127.0.0.1:{port}", "--jobs", "4", "--save", str(state)]
        journal = tmp_path / "journal"
        audit = subprocess.Popen(
            [sys.executable, "-m", "audit403", *command, "--resume", str(journal)],
            env=environment() | dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for _ in range(600):
            if journal.exists() and journal.read_bytes().count(b"\n") > 4:
                break
            threading.Event().wait(0.05)
        audit.send_signal(signal.SIGINT)
        out, err = audit.communicate(timeout=60)
        assert audit.returncode == 3, err
        assert "more: the run was interrupted" in out and "targets not audited" in out
        assert 4 <= len(json.loads(state.read_text())["buckets"]) < 400
    finally:
        server.terminate()
        server.wait()


def test_a_whole_run_has_no_handler_left() -> None:
    before: Any = signal.getsignal(signal.SIGINT)
    with answering(account()):
        assert main(["s3", "-q"]) == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_workers_that_are_left_end() -> None:
    """Who takes only the first results leaves no thread behind."""
    workers = Workers(4)
    results = workers.each(range(1000), lambda number: number)
    assert next(results).result is not None
    results.close()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon and "run" in thread.name:
            thread.join(5)
    assert not [thread for thread in threading.enumerate() if "(run)" in thread.name]
