"""Many hosts at once: each in a process of its own, at most so many, and every one of them in the end with a result.

Processes and no threads: evaluation is Python's own work (a small site's took 10 ms alone, and 15 in sixteen threads),
its tables are filled by one thread as they are asked for, and what hangs can be ended. A process serves one host after
the other, so that 7 ms of starting and as many of first use are paid once, and has some 7 MB of its own.
"""

import os
import random
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import connection
from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.core.progress import Progress
from audit403.host.fleet_worker import ASK, BUSY, DONE, FAULT, GONE, LOADED, SEEN, Ask, TooLate, Worker, here
from audit403.host.inventory.target import HostTarget
from audit403.host.journal import Journal
from audit403.host.passphrases import Passphrases

Seen = Callable[[int], None]
"""To be told how many entries of a tree have been looked at since it was told last."""
Job = Callable[[HostTarget, Seen], Mapping[str, Any]]
"""The audit of one host, as values that JSON has. Raises HostError, and HostBusy where it may be asked again later."""

INTERRUPTED = "interrupted before it was done"
USUAL_JOBS = 32
_TRIES = 6
_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_GRACE = 5.0
"""So much later than its own time a host is ended from outside: what it says itself about that is better."""
_TURN = 0.2
_FIRST, _FIRST_ALONE = 2, 2.0
"""So many hosts are begun with, for so many seconds: what they load, 0.2 s a process, the others then need not."""
_MOST_OF_ONE_PROCESS = 200


class HostResult(NamedTuple):
    """What came of a host: the job's report, or why there is none. `is_new` is False where a journal had it already."""

    host: str
    report: Mapping[str, Any] | None
    fault: str | None = None
    seconds: float = 0.0
    is_new: bool = True


def audit_all(
    targets: Iterable[HostTarget],
    job: Job,
    *,
    jobs: int = USUAL_JOBS,
    host_timeout: float,
    journal: Journal | None = None,
    progress: Callable[[Progress], None] | None = None,
    ask: Ask | None = None,
) -> Iterator[HostResult]:
    """Run the job for every host and give its results as they come; what a journal has is given first and not run.

    `ask` answers jobs that ask for a passphrase by `through_parent`; each key's is asked for once.

    Ctrl-C ends it: the hosts that are not done then have a result that says so. A second one is Python's own.
    """
    every = list({target.name: target for target in targets}.values())
    known = {} if journal is None else journal.done(every)
    for target in every:
        if target.name in known:
            yield HostResult(target.name, known[target.name].report, None, known[target.name].seconds, False)
        elif target.fault is not None:
            yield HostResult(target.name, None, target.fault)
    left = [target for target in every if target.name not in known and target.fault is None]
    fleet = _Fleet(left, job, jobs, host_timeout, len(every) - len(left), progress, Passphrases(ask))
    for target, result in fleet.results() if len(left) > 1 else fleet.result_here():
        if journal is not None and result.fault != INTERRUPTED:
            journal.add(target, result.report, result.fault, result.seconds)
        yield result


class _Waiting(NamedTuple):
    target: HostTarget
    tries: int = 0
    not_before: float = 0.0


class _Fleet:
    def __init__(
        self, targets: list[HostTarget], job: Job, jobs: int, host_timeout: float, done: int,
        progress: Callable[[Progress], None] | None, passphrases: Passphrases,
    ) -> None:  # fmt: skip
        self._waiting = deque(_Waiting(target) for target in targets)
        self._job, self._jobs, self._host_timeout = job, max(1, jobs), host_timeout
        self._workers: list[Worker] = []
        self._at: dict[Worker, _Waiting] = {}
        self._done, self._total = done, done + len(targets)
        self._entries = 0
        self._progress, self._passphrases = progress, passphrases
        self._told = 0.0
        self._is_stopped = self._is_ready = False
        self._begun = time.monotonic()

    def results(self) -> Iterator[tuple[HostTarget, HostResult]]:
        with self._interruptible() as woken:
            try:
                while self._waiting or self._at:
                    if self._is_stopped:
                        break
                    self._start()
                    yield from self._turn(woken)
                for waiting in (*self._at.values(), *self._waiting):
                    yield waiting.target, HostResult(waiting.target.name, None, INTERRUPTED)
            finally:
                for worker in self._workers:
                    worker.end()
                self._tell(always=True)

    def result_here(self) -> Iterator[tuple[HostTarget, HostResult]]:
        """A single host's, in this process: it starts sooner, and may ask for a passphrase."""
        while self._waiting:
            waiting = self._waiting.popleft()
            begun = time.monotonic()
            try:
                time.sleep(max(0, waiting.not_before - begun))
                kind, value = here(waiting.target, self._job, self._saw, self._host_timeout + _GRACE)
            except KeyboardInterrupt:
                kind, value = FAULT, INTERRUPTED
            except TooLate:
                kind, value = FAULT, self._too_long()
            yield from self._came(waiting, kind, value, time.monotonic() - begun)

    def _start(self) -> None:
        """Give work to whoever has none; who is still in a pause goes to the end of the queue."""
        now = time.monotonic()
        most = self._jobs if self._is_ready or now > self._begun + _FIRST_ALONE else min(self._jobs, _FIRST)
        for _ in range(len(self._waiting)):
            if len(self._at) >= most:
                return
            waiting = self._waiting.popleft()
            if waiting.not_before > now:
                self._waiting.append(waiting)
                continue
            worker = next((one for one in self._workers if one not in self._at), None)
            if worker is None:
                worker = Worker(self._job, [one.connection for one in self._workers])
                self._workers.append(worker)
            self._at[worker] = waiting
            worker.give(waiting.target)

    def _turn(self, woken: int) -> Iterator[tuple[HostTarget, HostResult]]:
        """What the processes say until something is to be done."""
        ready = connection.wait([*(worker.connection for worker in self._at), woken], _TURN)
        for worker in [one for one in self._at if one.connection in ready]:
            yield from self._heard(worker)
        late = time.monotonic() - self._host_timeout - _GRACE
        for worker in [one for one in self._at if one.since < late]:
            yield self._left(worker, self._too_long())
        self._tell()

    def _heard(self, worker: Worker) -> Iterator[tuple[HostTarget, HostResult]]:
        kind, value = worker.hear()
        if kind == SEEN:
            self._saw(value)
        elif kind == ASK:
            begun = time.monotonic()
            worker.tell(self._passphrases.told(value, (worker, worker.served)))
            for one in self._workers:  # nobody's time is over for this
                one.since += time.monotonic() - begun
        elif kind == LOADED:
            self._load(value)
        elif kind == GONE:
            yield self._left(worker, value)
        else:
            self._is_ready = True
            waiting, seconds = self._at.pop(worker), time.monotonic() - worker.since
            if worker.served >= _MOST_OF_ONE_PROCESS:
                self._workers.remove(worker)
                worker.end()
            yield from self._came(waiting, kind, value, seconds)

    def _came(
        self, waiting: _Waiting, kind: str, value: Any, seconds: float
    ) -> Iterator[tuple[HostTarget, HostResult]]:
        """The result of a host; one that is busy is asked again later, and any other fault is its end."""
        if kind == BUSY and waiting.tries + 1 < _TRIES:
            pause = min(_PAUSE * 2**waiting.tries, _LONGEST_PAUSE) * random.uniform(0.5, 1.5)
            self._waiting.append(_Waiting(waiting.target, waiting.tries + 1, time.monotonic() + pause))
            return
        is_done = kind == DONE
        report, fault = (value, None) if is_done else (None, value)
        yield self._finished(waiting.target, HostResult(waiting.target.name, report, fault, seconds))

    def _load(self, modules: list[str]) -> None:
        """What one process has had to load for its host the next ones have from the start: they are copies of this."""
        if not self._is_ready:
            self._is_ready = True
            for name in modules:
                with suppress(Exception):  # one that cannot be loaded here is theirs to try
                    import_module(name)

    def _left(self, worker: Worker, fault: str) -> tuple[HostTarget, HostResult]:
        """The end of a process that hangs or is gone; nobody else's work is in it."""
        target, seconds = self._at.pop(worker).target, time.monotonic() - worker.since
        self._workers.remove(worker)
        worker.end()
        return self._finished(target, HostResult(target.name, None, fault, seconds))

    def _finished(self, target: HostTarget, result: HostResult) -> tuple[HostTarget, HostResult]:
        self._done += 1
        self._tell()
        return target, result

    def _too_long(self) -> str:
        return f"it took longer than {self._host_timeout:g} seconds"

    def _saw(self, count: int) -> None:
        self._entries += count
        self._tell()

    def _tell(self, always: bool = False) -> None:
        now = time.monotonic()
        if self._progress is not None and (always or now - self._told >= _TURN):
            self._told = now
            self._progress(Progress(self._done, len(self._at), self._total, self._entries))

    @contextmanager
    def _interruptible(self) -> Iterator[int]:
        """A descriptor that has something to read after Ctrl-C, which from then on is Python's own again."""
        read, write = os.pipe()
        before: Any = None

        def stop(number: int, frame: object) -> None:
            self._is_stopped = True
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.write(write, b"x")

        with suppress(ValueError):  # not the main thread: then nobody's Ctrl-C comes here
            before = signal.signal(signal.SIGINT, stop)
        try:
            yield read
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
            os.close(read)
            os.close(write)
