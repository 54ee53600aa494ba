"""How long a host may take: for each step of connecting, in silence while a command runs, and for everything."""

import time
from collections.abc import Callable

from audit403.core.named_tuple import NamedTuple
from audit403.host.transport import HostError

CONNECT_SECONDS = 15


class Limits(NamedTuple):
    """Seconds. `connect` is ssh's own ConnectTimeout where it is not given."""

    connect: float | None = None
    silence: float = 300
    whole: float = 3600


class Clock:
    """What is left of the time that one host has; it runs from when it is made."""

    def __init__(self, label: str, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        self._label, self._limits, self._now = label, limits, now
        self._end = now() + limits.whole

    def to_connect(self, configured: int | None = None) -> float:
        """How long a step of connecting may take; `configured` is ssh's ConnectTimeout."""
        return self.left(self._limits.connect or configured or CONNECT_SECONDS)

    def of_silence(self) -> float:
        """How long a command may be silent."""
        return self.left(self._limits.silence)

    def left(self, seconds: float) -> float:
        """At most so many seconds. Raises HostError where the host's time is over."""
        left = self._end - self._now()
        if left <= 0:
            raise self._over()
        return min(seconds, left)

    def silent(self) -> HostError:
        """The error for a command that has been silent for too long."""
        if self._now() >= self._end:
            return self._over()
        return HostError(f"{self._label}: nothing came for {self._limits.silence:g} seconds")

    def _over(self) -> HostError:
        return HostError(f"{self._label} took more than {self._limits.whole:g} seconds in all")
