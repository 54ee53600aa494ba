"""A process that audits one host after the other, and the way to talk to it.

What goes to it is a target; what comes back is JSON, a message at a time: entries seen, then how the host ended.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from audit403.core.errors import Audit403Error
from audit403.host.inventory.target import HostTarget
from audit403.host.transport import HostBusy, HostError

Job = Callable[[HostTarget, Callable[[int], None]], Mapping[str, Any]]

Ask = Callable[[str], str | None]
"""Asks whoever sits there for the passphrase of a key file; None where it is not told."""

SEEN, ASK, LOADED, DONE, FAULT, BUSY, GONE = "seen", "ask", "loaded", "done", "fault", "busy", "gone"
_OFTEN = 0.2


_parent: Connection | None = None
"""In a process of a fleet the way to the one that started it."""


def through_parent(ask: Ask) -> Ask:
    """An `ask` that works in a process of a fleet as well, which has no terminal: it is asked where there is one."""

    def asked(key: str) -> str | None:
        if _parent is None:
            return ask(key)
        _parent.send_bytes(_message(ASK, key))
        told: str | None = _parent.recv()
        return told

    return asked


class Worker:
    """One process, a copy of this one; `since` is when it got its host, and `served` how many it has had."""

    def __init__(self, job: Job, others: Sequence[Connection]) -> None:
        context = get_context("fork")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, [self.connection, *others], job), daemon=True)
        self._process.start()
        theirs.close()
        self.since, self.served = 0.0, 0

    def give(self, target: HostTarget) -> None:
        """A host to audit."""
        self.since, self.served = time.monotonic(), self.served + 1
        with suppress(OSError):  # it has died: what is heard next says so
            self.connection.send(target)

    def tell(self, passphrase: str | None) -> None:
        """The answer to what it asked for."""
        with suppress(OSError):
            self.connection.send(passphrase)

    def hear(self) -> tuple[str, Any]:
        """The next of its messages; where it is gone, how it went."""
        try:
            kind, value = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            self._process.join(1)
            code = self._process.exitcode
            how = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
            return GONE, f"internal-error: the process that audited it ended {how}"
        return kind, value

    def end(self) -> None:
        """End the process with all that it has started."""
        self.connection.close()
        for kill in (os.kill, os.killpg):  # it may not have a group of its own yet
            with suppress(OSError):
                kill(self._pid(), signal.SIGKILL)
        self._process.join()
        self._process.close()

    def _pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid


class TooLate(BaseException):
    """The time of a host that is audited here is over; no job takes it for an error of its own."""


def here(target: HostTarget, job: Job, seen: Callable[[int], None], seconds: float) -> tuple[str, Any]:
    """How a host ends that is audited in this process. Raises TooLate."""

    def stop(number: int, frame: object) -> None:
        raise TooLate

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, stop) if is_main else None
    if is_main:
        signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        kind, value = json.loads(_ended(target, job, seen))
    finally:
        if is_main:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    return kind, value


def _serve(connection: Connection, others: Sequence[Connection], job: Job) -> None:
    """What the process does, until the one that started it is gone."""
    global _parent  # noqa: PLW0603 – a process has one
    _parent = connection
    os.setsid()  # Ctrl-C is for the one that started it, who then ends this group; and no terminal to ask anybody at
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in others:
        other.close()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    before = {*sys.modules}
    with suppress(EOFError, OSError):
        while True:
            target = connection.recv()
            seen = _Seen(connection)
            message = _ended(target, job, seen)
            seen.flush()
            loaded = [name for name in sys.modules if name not in before]
            before.update(loaded)
            if loaded:
                connection.send_bytes(_message(LOADED, loaded))
            connection.send_bytes(message)


def _ended(target: HostTarget, job: Job, seen: Callable[[int], None]) -> bytes:
    """The message about how a host ended; whatever goes wrong is that host's own affair."""
    try:
        return _message(DONE, dict(job(target, seen)))
    except HostBusy as busy:
        return _message(BUSY, str(busy))
    except (HostError, Audit403Error) as error:
        return _message(FAULT, str(error))
    except Exception as error:
        return _message(FAULT, f"internal-error: {type(error).__name__}: {error}")


def _message(kind: str, value: object) -> bytes:
    return json.dumps([kind, value]).encode()


class _Seen:
    """Counts entries, and tells of them now and then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._count = 0
        self._told = time.monotonic()

    def __call__(self, count: int) -> None:
        self._count += count
        if time.monotonic() - self._told >= _OFTEN:
            self.flush()

    def flush(self) -> None:
        """Tell of what is not told yet."""
        if self._count:
            self._connection.send_bytes(_message(SEEN, self._count))
        self._count, self._told = 0, time.monotonic()
