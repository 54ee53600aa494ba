"""What came of each target of a long run, a line of JSON each, so that a run that was cut off goes on where it was.

The first line says what was asked for: what was found with other options is no result of these. A line that a crash has
cut off in the middle is none.
"""

import fcntl
import json
import os
import stat
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any, Self

from audit403.core.errors import BadUsage

_VERSION = 1


class Journal:
    """A journal at `path`, of runs with the same `asked`: the options as JSON has them. Raises BadUsage.

    What a kind of journal knows is made by its `take`, of each line that is there.
    """

    def __init__(self, path: str, asked: Mapping[str, Any]) -> None:
        self._path = path
        self.fault: str | None = None
        """Why nothing is written down any more."""
        head = {"version": _VERSION, "asked": json.loads(json.dumps(asked))}
        self._file = self._opened()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read(head)
        except BlockingIOError:
            self._file.close()
            raise BadUsage(f"{path} is in use by another run.") from None
        except BaseException:
            self._file.close()
            raise

    def take(self, row: Mapping[str, Any]) -> None:
        """Remember what a line says; whatever it raises says that the line is none of its kind."""
        raise NotImplementedError

    def write(self, row: Mapping[str, Any]) -> None:
        """Write a line; where that cannot be done it is `fault`, and the run goes on."""
        if self.fault is not None:
            return
        try:
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            self.fault = f"{self._path} cannot be written: {error.strerror}."

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._file.close()

    def _opened(self) -> IO[bytes]:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o600)
        except OSError as error:
            raise BadUsage(f"{self._path} cannot be written: {error.strerror}.") from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise BadUsage(f"{self._path} is no regular file.")
        return open(descriptor, "r+b")

    def _read(self, head: Mapping[str, Any]) -> None:
        """What is there; behind it the next line is written."""
        end = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                if not end and not json.dumps(head).encode().startswith(line):
                    raise BadUsage(f"{self._path} is no journal of audit403.")
                break
            try:
                self._line(json.loads(line), number, head)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise BadUsage(f"{self._path} is no journal of audit403: line {number} is none of its.") from None
            end += len(line)
        self._file.seek(end)
        self._file.truncate()
        if not end:
            self.write(head)

    def _line(self, row: Mapping[str, Any], number: int, head: Mapping[str, Any]) -> None:
        if number > 1:
            self.take(row)
            return
        if row["version"] != _VERSION:
            raise BadUsage(f"{self._path} was written by another version of audit403.")
        if row != head:
            raise BadUsage(f"{self._path} is of a run with other options; take another file, or the same options.")
