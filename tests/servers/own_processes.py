"""A place with processes of its own: what runs in it sees nothing of the servers of other tests, nor they of it.

The network and the files are the machine's. Everything in it ends with it.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .need import need, need_root

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


_STARTED = """
for turn in $(seq 1000); do
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [ -n "$(cat /proc/$pid/task/$pid/children)" ] && exit 0
    sleep 0.01
done
echo "no daemon wrote $1" >&2; exit 1
"""


class OwnProcesses:
    """A pid namespace with a /proc of its own, and with a name of its own where one is given; needs root."""

    def __init__(self, name: str | None = None) -> None:
        need_root()
        own = ["--pid", "--fork", "--mount-proc", "--kill-child=KILL", *([] if name is None else ["--uts"])]
        self._enter = ["-p", "-m", *([] if name is None else ["-u"])]
        self._first = subprocess.Popen([need("unshare"), *own, "sleep", "infinity"], stdin=subprocess.DEVNULL)
        self.pid = self._inner()
        if name is not None:
            self.run("hostname", name)

    def _inner(self) -> int:
        children = Path(f"/proc/{self._first.pid}/task/{self._first.pid}/children")
        end = time.monotonic() + 10
        while time.monotonic() < end:
            found = children.read_text().split()
            if found and Path(f"/proc/{found[0]}/comm").read_text().strip() == "sleep":
                return int(found[0])
            time.sleep(0.005)
        raise RuntimeError("unshare did not start anything")

    def command(self, words: Sequence[str]) -> list[str]:
        """The command that runs words in it."""
        return [need("nsenter"), "-t", str(self.pid), *self._enter, *words]

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in it; daemons that it leaves behind do not keep its output open."""
        done = subprocess.run(
            self.command(words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def start_daemon(self, command: str, pid_file: Path) -> None:
        """Run a shell command that leaves a daemon behind; it has written its pid and has workers when this ends."""
        self.run("sh", "-c", f"{command} >/dev/null 2>&1")
        self.run("sh", "-c", _STARTED, "sh", str(pid_file))

    def __enter__(self) -> OwnProcesses:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._first.kill()
        self._first.wait()
