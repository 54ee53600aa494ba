"""Where a report goes: standard output, or the file of `--output`, which is opened before the work begins."""

import os
import stat
import sys
from types import TracebackType
from typing import TextIO

from audit403.core.errors import Audit403Error, BadUsage
from audit403.engine.audit import Report


class Output:
    """The stream to write to; a file keeps its old content until there is a report to take its place."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.stream: TextIO = sys.stdout
        if path is not None:
            try:
                self.stream = open(path, "a", encoding="utf-8")  # noqa: SIM115 – closed by __exit__
            except OSError as error:
                raise BadUsage(f"{path} cannot be written: {error.strerror}.") from error

    def begin(self, report: Report) -> None:
        """Empty the file, unless it is one of those that the report is about."""
        if self.path is None:
            return
        own = os.path.realpath(self.path)
        if any(os.path.realpath(file) == own for site in report.sites for file in site.files):
            raise BadUsage(f"--output {self.path} would overwrite a file that was audited.")
        self.clear()

    def clear(self) -> None:
        """Empty the file."""
        if self.path is not None and stat.S_ISREG(os.fstat(self.stream.fileno()).st_mode):
            self.stream.truncate(0)

    def __enter__(self) -> "Output":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self.path is None:
            return
        try:
            self.stream.close()
        except OSError as failure:
            error = failure if error is None else error
        if isinstance(error, OSError) and error.filename is None:
            raise Audit403Error(f"{self.path} cannot be written: {error.strerror}.") from error
