"""Many hosts at once, with jobs that hang, die, fail and are busy: nobody else's result is any other for that."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from audit403.core.errors import BadUsage
from audit403.core.progress import Progress
from audit403.host import fleet
from audit403.host.fleet import INTERRUPTED, HostResult, audit_all
from audit403.host.fleet_worker import through_parent
from audit403.host.inventory.target import HostTarget, read_target
from audit403.host.journal import Journal
from audit403.host.passphrases import Passphrases
from audit403.host.transport import HostBusy, HostError
from servers.command import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def targets(*names: str) -> list[HostTarget]:
    return [read_target(name) for name in names]


def run(names: Iterable[str], job: fleet.Job, **options: Any) -> dict[str, HostResult]:
    every = list(audit_all(targets(*names), job, **{"jobs": 4, "host_timeout": 30, **options}))
    assert len({result.host for result in every}) == len(every)
    return {result.host: result for result in every}


def job(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
    kind = target.name.rstrip("0123456789")
    if kind == "refused":
        raise HostError(f"{target.name} takes no key")
    if kind == "broken":
        raise ZeroDivisionError("x")
    if kind == "dead":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "gone":
        os._exit(7)
    if kind == "hangs":
        time.sleep(60)
    if kind == "spins":
        while True:
            pass
    if kind == "odd":
        return {"what": object()}
    seen(10)
    return {"host": target.name, "pid": os.getpid(), "name": "a\udcffb"}


def test_results_come_as_they_are_done(tmp_path: Path) -> None:
    def after(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        until((tmp_path / {"a": "c", "b": "", "c": "b"}[target.name]).exists)
        return {}

    came = []
    for result in audit_all(targets("a", "b", "c"), after, jobs=3, host_timeout=30):
        came.append(result.host)
        (tmp_path / result.host).touch()
    assert came == ["b", "c", "a"]


def test_no_host_stops_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_GRACE", 0.3)
    bad = {
        "refused1": "refused1 takes no key", "broken1": "internal-error: ZeroDivisionError: x",
        "dead1": "internal-error: the process that audited it ended by signal 9",
        "gone1": "internal-error: the process that audited it ended with status 7",
        "hangs1": "it took longer than 2 seconds", "spins1": "it took longer than 2 seconds",
    }  # fmt: skip
    names = [*bad, *(f"web{number}" for number in range(40)), "odd1"]
    begun = time.monotonic()
    found = run(names, job, host_timeout=2)
    assert time.monotonic() - begun < 30
    assert {name: found[name].fault for name in bad} == bad
    assert "internal-error: TypeError" in (found["odd1"].fault or "")
    good = [found[f"web{number}"] for number in range(40)]
    assert all(result.fault is None and result.report is not None for result in good)
    assert good[0].report is not None and good[0].report["name"] == "a\udcffb"
    assert len({result.report["pid"] for result in good if result.report}) <= 12


def test_no_more_at_once_than_asked_for(tmp_path: Path) -> None:
    def counted(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        path = tmp_path / target.name
        path.touch()
        count = len(list(tmp_path.iterdir()))
        time.sleep(0.02)
        path.unlink()
        return {"count": count}

    found = run([f"h{number}" for number in range(30)], counted, jobs=3)
    assert max(result.report["count"] for result in found.values() if result.report) == 3


def test_what_one_process_has_loaded_the_next_ones_have_from_the_start() -> None:
    names = ["wave", "tabnanny"]  # of the standard library, and used by nobody
    assert not {*names} & {*sys.modules}

    def loads(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        had = [name in sys.modules for name in names]
        for name in names:
            import_module(name)
        return {"had": had}

    try:
        results = list(audit_all(targets(*"abcdefgh"), loads, jobs=8, host_timeout=9))
        assert {*names} <= {*sys.modules}
    finally:
        for name in names:
            sys.modules.pop(name, None)
    every = [result.report["had"] for result in results if result.report is not None]
    assert len(every) == 8 and every.count([False, False]) <= 2


def test_the_way_is_no_affair_of_the_job() -> None:
    found = list(audit_all([HostTarget("x", None, fault="no way"), *targets("a", "b", "a")], job, host_timeout=9))
    assert Counter(result.host for result in found) == {"x": 1, "a": 1, "b": 1}
    assert found[0] == HostResult("x", None, "no way")


def test_a_busy_host_is_asked_again_and_a_refused_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_PAUSE", 0.01)

    def attempt(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        with open(tmp_path / target.name, "a") as file:
            file.write("x")
        count = (tmp_path / target.name).stat().st_size
        if target.name == "refused":
            raise HostError("no")
        if target.name == "never" or (target.name == "busy" and count < 4):
            raise HostBusy("not yet")
        return {"count": count}

    found = run(["busy", "never", "refused", "free"], attempt)
    assert found["busy"].report == {"count": 4}
    assert found["free"].report == {"count": 1}
    assert (found["never"].fault, (tmp_path / "never").stat().st_size) == ("not yet", 6)
    assert (found["refused"].fault, (tmp_path / "refused").stat().st_size) == ("no", 1)
    alone = run(["busy"], attempt)  # and in this process
    assert alone["busy"].report == {"count": 5}


def test_what_is_seen_is_counted_and_told() -> None:
    told: list[Progress] = []
    run([f"web{number}" for number in range(5)], job, progress=told.append)
    assert told[-1] == Progress(5, 0, 5, 50)
    assert all(first.done <= second.done for first, second in itertools.pairwise(told))


def test_a_passphrase_is_asked_for_once_where_there_is_a_terminal() -> None:
    asked: list[tuple[int, str]] = []
    typed = iter(["wrong", "right"])

    def ask(key: str) -> str | None:
        asked.append((os.getpid(), key))
        return None if key == "/none" else next(typed)

    def log_in(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        key = "/none" if target.name == "none" else "/key"
        tries = []
        for _ in range(3):
            tries.append(through_parent(ask)(key))
            if tries[-1] in (None, "right"):
                break
        with pytest.raises(OSError, match="No such device"):
            open("/dev/tty").close()
        return {"told": tries[-1]}

    found = run(["a", "b", "none", "c", "d"], log_in, jobs=2, ask=ask)
    assert {name: result.report and result.report["told"] for name, result in found.items()} == {
        "a": "right", "b": "right", "none": None, "c": "right", "d": "right",
    }  # fmt: skip
    assert sorted(asked) == [(os.getpid(), "/key"), (os.getpid(), "/key"), (os.getpid(), "/none")]
    assert run(["none"], lambda target, seen: {"told": through_parent(ask)("/none")})["none"].report == {"told": None}


def test_nobody_is_asked_without_end() -> None:
    asked: list[str] = []
    passphrases = Passphrases(lambda key: asked.append(key) or "wrong")  # type: ignore[func-returns-value]
    assert [passphrases.told("/key", 1) for _ in range(5)] == ["wrong", "wrong", "wrong", None, None]
    assert passphrases.told("/key", 2) is None and len(asked) == 3


def test_one_host_is_audited_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_GRACE", 0.1)
    (good,) = run(["web1"], job).values()
    assert good.report is not None and good.report["pid"] == os.getpid()
    assert run(["refused1"], job)["refused1"].fault == "refused1 takes no key"
    assert run(["spins1"], job, host_timeout=0.2)["spins1"].fault == "it took longer than 0.2 seconds"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_ctrl_c_ends_one_host() -> None:
    def interrupted(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
        return {}

    assert run(["web1"], interrupted)["web1"].fault == INTERRUPTED


def ctrl_c_when(count: int) -> Callable[[Progress], None]:
    """Presses it when so many hosts are done."""
    pressed: list[int] = []

    def tell(progress: Progress) -> None:
        if progress.done >= count and not pressed:
            pressed.append(progress.done)
            os.kill(os.getpid(), signal.SIGINT)

    return tell


def test_ctrl_c_ends_them_all_with_what_is_done() -> None:
    before = signal.getsignal(signal.SIGINT)
    names = ["web1", "web2", *(f"hangs{number}" for number in range(8))]
    found = run(names, job, progress=ctrl_c_when(2), host_timeout=600)
    assert {name for name, result in found.items() if result.fault is None} == {"web1", "web2"}
    assert {result.fault for result in found.values()} == {None, INTERRUPTED} and len(found) == len(names)
    assert signal.getsignal(signal.SIGINT) is before


def test_nothing_is_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where the caller loses interest, nor what a job has started, nor where the one that asked is killed."""
    monkeypatch.setattr(fleet, "_FIRST", 3)

    def starts(target: HostTarget, seen: fleet.Seen) -> dict[str, Any]:
        child = subprocess.Popen(["sleep", "60"])
        (tmp_path / f"{target.name}.{os.getpid()}").touch()
        (tmp_path / f"{target.name}.{child.pid}").touch()
        if target.name != "first":
            time.sleep(60)
        return {}

    every = audit_all(targets("first", "b", "c"), starts, jobs=3, host_timeout=60)
    next(every)
    until(lambda: len(list(tmp_path.iterdir())) == 6)
    every.close()  # type: ignore[attr-defined]
    until(lambda: not any(is_alive(int(path.suffix[1:])) for path in tmp_path.iterdir()))


def test_the_processes_go_when_the_one_that_asked_is_killed(tmp_path: Path) -> None:
    script = f"""
import os, sys, time
from pathlib import Path
from audit403.host.fleet import audit_all
from audit403.host.inventory.target import read_target
def job(target, seen):
    Path({str(tmp_path)!r}, f"h.{{os.getpid()}}").touch()
    return {{}}
for result in audit_all([read_target(f"h{{n}}") for n in range(3)], job, jobs=3, host_timeout=60):
    pass
    if len(os.listdir({str(tmp_path)!r})) == 3: break
    time.sleep(0.2)
os.kill(os.getpid(), 9)
"""
    # Killed while the processes wait for work: nobody tells them, they see that the pipe has ended.
    subprocess.run([sys.executable, "-c", script], env=environment(), timeout=30)
    until(lambda: not any(is_alive(int(path.suffix[1:])) for path in tmp_path.iterdir()))
    assert list(tmp_path.iterdir())


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(holds: Callable[[], bool]) -> None:
    late = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < late
        time.sleep(0.02)


def test_a_run_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    names = ["web1", "web2", "refused1", "web3"]
    with Journal(path, {"sudo": True}) as journal:
        first = run(names, job, journal=journal)
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, "ab") as file:
        file.write(b'{"host": "web4", "rep')  # a crash
    asked: list[str] = []
    with Journal(path, {"sudo": True}) as journal:
        for result in audit_all(targets(*names, "web4"), job, jobs=2, host_timeout=9, journal=journal):
            asked += [result.host] if result.is_new else []
            assert result.is_new or result.report == first[result.host].report
    assert sorted(asked) == ["refused1", "web4"]  # who was not audited is asked again
    with Journal(path, {"sudo": True}) as journal:
        assert set(journal.done(targets(*names, "web4", "web5"))) == {"web1", "web2", "web3", "web4"}
        other_way = [target._replace(identity_file="/k") for target in targets("web1")]
        assert not journal.done(other_way)


def test_an_interrupted_host_is_not_written_down(tmp_path: Path) -> None:
    with Journal(str(tmp_path / "journal"), {}) as journal:
        run(["web1", "hangs1"], job, journal=journal, progress=ctrl_c_when(1))
    text = (tmp_path / "journal").read_text()
    assert '"host": "web1"' in text and "hangs1" not in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"important", "is no journal"),
        (b"important\n", "line 1 is none of its"),
        (b"{}\n", "line 1 is none of its"),
        (b'{"version": 2, "asked": {}}\n', "another version"),
        (b'{"version": 1, "asked": {"sudo": true}}\n', "other options"),
        (b'{"version": 1, "asked": {}}\n[]\n', "line 2 is none of its"),
        (
            b'{"version": 1, "asked": {}}\n{"host": "a", "way": "b", "fault": null, "report": 5, "seconds": 1}\n',
            "line 2",
        ),
    ],
)
def test_what_is_no_journal_stays_as_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(BadUsage, match=words):
        Journal(str(path), {})
    assert path.read_bytes() == content


def test_two_runs_do_not_share_a_journal(tmp_path: Path) -> None:
    with Journal(str(tmp_path / "journal"), {}), pytest.raises(BadUsage, match="in use by another run"):
        Journal(str(tmp_path / "journal"), {})
    for path in ("/dev/null", str(tmp_path), str(tmp_path / "a/b")):
        with pytest.raises(BadUsage):
            Journal(path, {})


def test_a_full_disk_is_said_and_the_run_goes_on(tmp_path: Path) -> None:
    with Journal(str(tmp_path / "journal"), {}) as journal:
        with open("/dev/full", "r+b", buffering=0) as full:
            journal._file, before = full, journal._file
            found = run(["web1", "web2"], job, journal=journal)
        before.close()
    assert all(result.report is not None for result in found.values())
    assert journal.fault is not None and "No space left on device" in journal.fault
