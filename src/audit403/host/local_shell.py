"""This machine as a host: the same scripts, run by the shell here."""

from audit403.host.child import Child
from audit403.host.limits import Clock, Limits
from audit403.host.transport import HostError, Running, one_line


class LocalShell:
    """A transport that goes nowhere; `label` is what the host is called."""

    label = "local"

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = Clock(self.label, Limits()) if clock is None else clock

    def start(self, command: str, stdin: bytes) -> Running:
        """Run a command of sh's. Raises HostError where there is no shell."""
        try:
            return Child(("/bin/sh", "-c", command), stdin, self._clock)
        except OSError as error:
            raise HostError(f"the shell of this machine cannot be started: {one_line(error)}") from error

    def close(self) -> None:
        """Nothing is held."""
