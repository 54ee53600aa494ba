"""A run of audit403 whose time and memory are measured and bounded, if need be as another user."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any, NamedTuple

from .command import environment

PATIENCE = 120
"""So long on the clock is waited for a run; what it may use of a processor is for the test to say."""
NOBODY = 65534
#: The sources may lie where only root can read them: everything is imported before the other user takes over.
AS_NOBODY = f"""
import grp, os, pwd, sys
from audit403.cli.main import main
main(["check", sys.argv[1], "--tree", "here", "--format", "json", "--output", os.devnull])
main(["check", sys.argv[1], "--tree", "none", "--output", os.devnull])
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
sys.exit(main(sys.argv[2:]))
"""
#: A process's peak counts the size of the one that it was forked from, and the tests' own is large: a small one between
#: them starts the run, and writes down its exit code, seconds of processor time and kilobytes.
BETWEEN = """
import os, resource, sys
pid = os.fork()
if not pid:
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]) + 2, int(sys.argv[2]) + 4))
    os.execv(sys.argv[3], sys.argv[3:])
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as told:
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss, file=told)
"""
WARM_UP = "events {}\nhttp { server { root /etc; location ~ ^/a { } location /b/ { deny all; allow 10.0.0.0/8; } } }\n"


class Run(NamedTuple):
    """What came of it; `seconds` of processor time and `megabytes` of memory at the most."""

    code: int
    output: bytes
    errors: str
    seconds: float
    megabytes: float

    @property
    def report(self) -> dict[str, Any]:
        """The report in JSON."""
        found: dict[str, Any] = json.loads(self.output)
        return found


def bounded(
    *arguments: str | Path,
    cwd: Path | None = None,
    stdin: IO[bytes] | bytes = b"",
    seconds: float = 10,
    megabytes: float = 200,
    nobody: bool = False,
) -> Run:
    """Run a command; it must not take more than that, nor end with a traceback."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "audit403"]
        if nobody and os.geteuid() == 0:
            warm_up = Path(folder, "nginx.conf")
            warm_up.write_text(WARM_UP)
            command = [sys.executable, "-c", AS_NOBODY, str(warm_up)]
        told = Path(folder, "used")
        process = subprocess.Popen(
            [sys.executable, "-c", BETWEEN, str(told), str(int(seconds)), *command, *map(str, arguments)],
            cwd=cwd, env=environment(), stdin=_given(stdin), stdout=out, stderr=errors, start_new_session=True,
        )  # fmt: skip
        killer = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        process.wait()
        killer.cancel()
        assert told.exists(), f"it hangs: nothing came of it in {PATIENCE} s"
        code, used, kilobytes = told.read_text().split()
        out.seek(0)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
        run = Run(int(code), out.read(), said, float(used), int(kilobytes) / 1024)
    assert "Traceback" not in run.errors and "Warning" not in run.errors, run.errors
    assert run.code not in (-signal.SIGKILL, -signal.SIGXCPU), f"ended by {signal.Signals(-run.code).name}: it hangs"
    assert run.seconds < seconds, f"{run.seconds:.1f} s of processor time"
    assert run.megabytes < megabytes, f"{run.megabytes:.0f} MB"
    return run


def _given(stdin: IO[bytes] | bytes) -> IO[bytes]:
    if not isinstance(stdin, bytes):
        return stdin
    file = tempfile.TemporaryFile()  # noqa: SIM115 – the child has it, and its name is gone already
    file.write(stdin)
    file.seek(0)
    return file
