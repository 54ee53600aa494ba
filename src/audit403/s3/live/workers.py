"""Work for several threads, which ends early and in order when somebody presses Ctrl-C."""

import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Came(Generic[Item, Result]):
    """What came of one item: a result, or what was raised."""

    __slots__ = ("error", "item", "result")

    def __init__(self, item: Item, result: Result | None, error: Exception | None) -> None:
        self.item = item
        self.result = result
        self.error = error


class Workers:
    """Threads that share the calls; after `stop` is set what has begun comes to its end, and nothing else begins."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.stop = threading.Event()

    def goes_on(self) -> bool:
        """Whether nobody has pressed Ctrl-C."""
        return not self.stop.is_set()

    def each(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Generator[Came[Item, Result], None, None]:
        """The results as they come, in any order."""
        left, lock = iter(items), threading.Lock()
        room = threading.Semaphore(self.jobs * 2)  # who reads the results is waited for
        results: SimpleQueue[Came[Item, Result] | None] = SimpleQueue()
        ended = threading.Event()

        def run() -> None:
            while self.goes_on() and not ended.is_set():
                with lock:
                    try:
                        item = next(left)
                    except StopIteration:
                        break
                try:
                    came = Came[Item, Result](item, work(item), None)
                except Exception as error:  # the others go on
                    came = Came[Item, Result](item, None, error)
                room.acquire()
                results.put(came)
            results.put(None)

        threads = [threading.Thread(target=run, daemon=True) for _ in range(self.jobs)]
        running = 0
        for thread in threads:
            thread.start()
            running += 1
        try:
            while running:
                came = results.get()
                if came is None:
                    running -= 1
                else:
                    room.release()
                    yield came
        finally:
            ended.set()
            for _ in threads:
                room.release()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """The first Ctrl-C sets `stop`; from then on it is Python's own again."""
        before: Any = None

        def stop(number: int, frame: object) -> None:
            self.stop.set()
            signal.signal(signal.SIGINT, signal.default_int_handler)

        with suppress(ValueError):  # not the main thread: then nobody's Ctrl-C comes here
            before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
