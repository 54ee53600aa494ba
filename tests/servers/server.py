"""What the real servers of the tests have in common: a child under a prefix, with its log, its client and its end."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from .http import Client
from .need import need
from .process import logged_since, size_of, stop_process

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from typing import Self


class Server:
    """One server under a prefix. `with Nginx(prefix, conf) as server: server.client.get(port, "/")`.

    `conf` is the path of a main configuration, or its text, which is then written to the prefix. The error log is
    PREFIX/error.log unless the configuration names another (then say which). `within` is put before the command; it
    must end in an exec.
    """

    program: ClassVar[str]
    conf_name: ClassVar[str]
    error: ClassVar[type[RuntimeError]]

    def __init__(
        self,
        prefix: Path,
        conf: Path | str,
        *,
        error_log: Path | None = None,
        within: Sequence[str] = (),
        timeout: float = 10.0,
    ) -> None:
        self.binary = need(self.program)
        self.within = within
        self.prefix = prefix
        self.error_log = error_log or prefix / "error.log"
        self.timeout = timeout
        self.client = Client(timeout)
        self._process: subprocess.Popen[bytes] | None = None
        self.conf = self._written(conf)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the server itself, which its workers are children of."""
        if self._process is None:
            raise self.error(f"{self.program} is not running")
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it listens and has its workers; raises `error` with the server's own words."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop, by its own process id."""
        self.client.close()
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            stop_process(process, signal.SIGTERM, self.timeout)

    def restart(self, conf: Path | str | None = None) -> None:
        """Stop and start again, with another configuration if one is given."""
        self.stop()
        if conf is not None:
            self.conf = self._written(conf)
        self.start()

    @contextlib.contextmanager
    def logged(self) -> Iterator[list[str]]:
        """The error-log lines that are written inside the `with` block; filled in at its end.

        Both servers write what they refuse with before they answer, so none of those is late.
        """
        lines: list[str] = []
        start = size_of(self.error_log)
        yield lines
        lines += logged_since(self.error_log, start)

    def _written(self, conf: Path | str) -> Path:
        if isinstance(conf, Path):
            return conf
        self.prefix.mkdir(parents=True, exist_ok=True)
        path = self.prefix / self.conf_name
        path.write_bytes(conf.encode("utf-8", "surrogateescape"))
        return path
