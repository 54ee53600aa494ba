"""How far an audit of many is, on a terminal: hosts done, entries seen, and how fast. Elsewhere nothing at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

from audit403.core.progress import Progress
from audit403.report.terminal import is_terminal


def is_wanted(stream: TextIO) -> bool:
    """Whether somebody is looking: a terminal that can move its cursor, and no CI."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


class TargetsProgress:
    """Shows what it is told; `aside` makes room for lines of the report. It has no thread of its own."""

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        """`what` is what the targets are called: hosts, buckets."""
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._bar: Any = None

    def tell(self, progress: Progress) -> None:
        """Show how far it is."""
        if self._bar is not None:
            targets = f"{progress.done} of {progress.total} {self._what}, {progress.running} at work"
            self._bar.update(
                self._task, completed=progress.done, total=progress.total, targets=targets, entries=progress.entries
            )
            self._bar.refresh()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Nothing is shown while something else is written."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        try:
            yield
        finally:
            self._bar.start()

    def __enter__(self) -> "TargetsProgress":
        if is_wanted(self._stream):
            self._bar = _bar(self._stream)
            self._task = self._bar.add_task("", total=None, targets="", entries=0)
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(stream: TextIO) -> Any:
    """A bar of rich, which is imported only where one is shown."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Entries(ProgressColumn):
        def render(self, task: Task) -> Text:
            entries: int = task.fields["entries"]
            if not entries:
                return Text("")
            return Text(f"{entries:,} entries, {entries / max(task.elapsed or 0, 0.1):,.0f}/s")

    return Progress(
        TextColumn("{task.fields[targets]}", markup=False), BarColumn(), Entries(), TimeElapsedColumn(),
        console=Console(file=stream), auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
