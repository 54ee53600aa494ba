"""A host over the system's own ssh: for what paramiko does not speak, with the same results and the same words.

Truth: ssh(1), ssh_config(5). One master holds the connection, and each command is a client of it. All options stand in
a configuration of our own before the user's, because what is given to ssh itself does not reach its jump hosts.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path

from audit403.host.child import Child
from audit403.host.limits import Clock
from audit403.host.openssh_config import configuration
from audit403.host.route import route_to
from audit403.host.sentences import broke_off, no_command, no_server
from audit403.host.ssh_said import why_not
from audit403.host.ssh_settings import SshSettings
from audit403.host.transport import Ended, HostError, one_line

_LOGIN_SECONDS = 60
_DYING_SECONDS = 0.5
_POLL_SECONDS = 0.005
_LONGEST_SOCKET = 85  # of the 107 bytes that a socket's path may have, without what ssh puts behind it
_LOST = 255
_KEEPER = (
    'exec 3<&0 </dev/null; "$@" 3<&- & ssh=$!; '
    "{ cat <&3 >/dev/null; kill $ssh; sleep 1; kill -9 $ssh; } 2>/dev/null & watch=$!; "
    "wait $ssh; status=$?; kill $watch 2>/dev/null; exit $status"
)
"""Ends ssh when its own input ends, which it does however audit403 itself comes to its end.

Twice, because ssh forgets a signal that comes just before it waits for its connection."""


class OpensshHost:
    """One connection of the system's ssh."""

    def __init__(self, settings: SshSettings, clock: Clock, accept_new: Path | None = None) -> None:
        """Connects and logs in. Raises HostError."""
        program = shutil.which("ssh")
        if program is None:
            raise HostError("ssh is not installed here: use --transport paramiko")
        self.label, self._clock = settings.name, clock
        route = route_to(settings)
        seconds = clock.to_connect(settings.connect_timeout)
        self._folder = tempfile.TemporaryDirectory(prefix="audit403-", dir=_short_folder())
        try:
            if accept_new is not None:
                accept_new.parent.mkdir(parents=True, exist_ok=True)
            config = Path(self._folder.name, "config")
            text = configuration(settings, route, max(1, ceil(seconds)), accept_new)
            config.write_text(text, "utf-8", "surrogateescape")
            self._socket = Path(self._folder.name, "ssh")
            self._words = (
                "-F", str(config), "-S", str(self._socket), "-T", "-o", "LogLevel=ERROR",
                "-l", settings.user, "-p", str(settings.port), "--", settings.name,
            )  # fmt: skip
            self._program = program
            self._master = Child(["/bin/sh", "-c", _KEEPER, "sh", program, "-M", "-N", *self._words], None, clock)
        except OSError as error:
            self._folder.cleanup()
            raise HostError(f"ssh cannot be started: {one_line(error)}") from error
        try:
            self._wait(route, seconds * len(route) + _LOGIN_SECONDS)
        except BaseException:
            self.close()
            raise

    def start(self, command: str, stdin: bytes) -> "_Running":
        """Run a command of the login shell's. Raises HostError."""
        if self._master.is_gone(0):
            raise no_command(self.label, "the connection has ended")
        try:
            return _Running(self.label, self._master, [self._program, *self._words, command], stdin, self._clock)
        except OSError as error:
            raise no_command(self.label, error) from error

    def close(self) -> None:
        """End the connection."""
        self._master.close()
        self._folder.cleanup()

    def _wait(self, route: Sequence[SshSettings], seconds: float) -> None:
        """Until the master lets clients in, which it does when it has logged in."""
        end = time.monotonic() + self._clock.left(seconds)
        while not self._socket.exists():
            if self._master.is_gone(_POLL_SECONDS):
                raise why_not(self._master.ended().errors.decode("utf-8", "replace"), route)
            if time.monotonic() > end:
                self._clock.left(1)
                raise no_server(route[-1], TimeoutError())


class _Running:
    """A client of the master's."""

    def __init__(self, label: str, master: Child, command: Sequence[str], stdin: bytes, clock: Clock) -> None:
        self._label, self._master = label, master
        self._child = Child(command, stdin, clock)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._child
        if self._child.ended().status == _LOST and self._master.is_gone(_DYING_SECONDS):
            raise broke_off(self._label)

    def ended(self) -> Ended:
        return self._child.ended()

    def release(self) -> None:
        self.close()

    def close(self) -> None:
        self._child.close()


def _short_folder() -> str | None:
    """A folder whose name leaves room for that of a socket; None for the usual one."""
    return None if len(os.fsencode(tempfile.gettempdir())) < _LONGEST_SOCKET - len("/audit403-12345678/ssh") else "/tmp"
