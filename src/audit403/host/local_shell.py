"""This machine as a host: the same scripts, run by the shell here."""

import subprocess
import tempfile
from collections.abc import Iterator

from audit403.host.transport import Ended, HostError

_AT_ONCE = 256 * 1024
_KEPT_ERRORS = 4096


class LocalShell:
    """A transport that goes nowhere; `label` is what the host is called."""

    label = "local"

    def start(self, command: str, stdin: bytes) -> "_Running":
        """Run a command of sh's. Raises HostError where there is no shell."""
        return _Running(command, stdin)

    def close(self) -> None:
        """Nothing is held."""


class _Running:
    def __init__(self, command: str, stdin: bytes) -> None:
        # Files, and not pipes: a script that is longer than a pipe holds must not wait for its own output to be read.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the command
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            try:
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", command], stdin=given, stdout=subprocess.PIPE, stderr=self._errors
                )
            except OSError as error:
                self._errors.close()
                raise HostError(f"the shell of this machine cannot be started: {error}") from error

    def __iter__(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        while piece := self._process.stdout.read1(_AT_ONCE):  # type: ignore[attr-defined]
            yield piece

    def ended(self) -> Ended:
        status = self._process.wait()
        size = self._errors.seek(0, 2)
        self._errors.seek(max(0, size - _KEPT_ERRORS))
        return Ended(status, self._errors.read())

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()
        self._errors.close()
