"""A command that runs as a child of this process: a shell here, or the system's ssh."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO

from audit403.host.limits import Clock
from audit403.host.transport import KEPT_ERRORS, Ended

_AT_ONCE = 256 * 1024
_ENDING_SECONDS = 2
_LETTING_GO_SECONDS = 0.5


class Child:
    """Two threads of its own send its input and keep the end of its errors, so that neither holds it up.

    It has a session of its own: it asks nobody anything, and what it has started ends with it.
    """

    def __init__(self, command: Sequence[str], stdin: bytes | None, clock: Clock) -> None:
        """Without input it has one that ends with this process, or when it is closed. Raises OSError."""
        self._clock, self._ends_with_input = clock, stdin is None
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            start_new_session=True,
        )  # fmt: skip
        self._errors = b""
        self._drain = threading.Thread(target=self._read_errors, daemon=True)
        self._drain.start()
        if stdin is not None:
            threading.Thread(target=self._send, args=(stdin,), daemon=True).start()

    def __iter__(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        ready = select.poll()
        ready.register(handle, select.POLLIN)
        while True:
            if not ready.poll(self._clock.of_silence() * 1000):
                raise self._clock.silent()
            piece = os.read(handle, _AT_ONCE)
            if not piece:
                return
            yield piece

    def ended(self) -> Ended:
        """How it ended; a signal is no status. Raises HostError where it does not end."""
        try:
            status = self._process.wait(self._clock.of_silence())
        except subprocess.TimeoutExpired as error:
            raise self._clock.silent() from error
        self._drain.join(_ENDING_SECONDS)
        return Ended(None if status < 0 else status, self._errors)

    def is_gone(self, seconds: float) -> bool:
        """Whether it has ended, or does within some time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is not None

    def release(self) -> None:
        """Its input has ended, and so has it nothing more to do."""
        self.close()

    def close(self) -> None:
        """End it with all that it has started."""
        if self._ends_with_input:
            self._close(self._process.stdin)
            self.is_gone(_LETTING_GO_SECONDS)
        for how in (signal.SIGTERM, signal.SIGKILL):
            if self.is_gone(0):
                break
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, how)
            self.is_gone(_ENDING_SECONDS)
        self._close(self._process.stdout)

    def _close(self, stream: IO[bytes] | None) -> None:
        if stream is not None:
            with suppress(OSError):
                stream.close()

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        rest = memoryview(data)
        with suppress(OSError, ValueError), self._process.stdin as stdin:
            while rest:
                rest = rest[stdin.write(rest) :]

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        with suppress(OSError, ValueError), self._process.stderr as stderr:
            while piece := stderr.read(_AT_ONCE):
                self._errors = (self._errors + piece)[-KEPT_ERRORS:]
