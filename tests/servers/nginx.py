"""A real nginx for tests: started on the loopback addresses as a child of the test, stopped by its own process id."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .http import Client
from .need import need
from .process import children, die_with_parent, logged_since, name_of, size_of, stop_process, worker_user

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class NginxError(RuntimeError):
    """nginx did not start; the message is what it said."""


def main_config(
    prefix: Path, http: str, *, top: str = "", user: str | None = None, events: str = "", log_level: str = "error"
) -> str:
    """A main configuration around the contents of `http {}` that writes nothing outside the prefix.

    Also fit for a user who is not root. `top` goes to the main level (`load_module`, `env`, …).
    """
    return f"""\
{top}
user {user or worker_user()};
worker_processes 1;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log {log_level};
events {{ worker_connections 256; {events} }}
http {{
    access_log off;
    client_body_temp_path {prefix}/tmp/body;
    proxy_temp_path {prefix}/tmp/proxy;
    fastcgi_temp_path {prefix}/tmp/fastcgi;
    uwsgi_temp_path {prefix}/tmp/uwsgi;
    scgi_temp_path {prefix}/tmp/scgi;
{http}
}}
"""


class Nginx:
    """One nginx under a prefix. `with Nginx(prefix, conf) as server: server.client.get(port, "/")`.

    `conf` is the path of a main configuration, or its text, which is then written to PREFIX/nginx.conf.
    The error log is PREFIX/error.log unless the configuration names another (then say which). `within` is put before
    the command; it must end in an exec.
    """

    def __init__(
        self,
        prefix: Path,
        conf: Path | str,
        *,
        error_log: Path | None = None,
        within: Sequence[str] = (),
        timeout: float = 10.0,
    ) -> None:
        self.binary = need("nginx")
        self.within = within
        self.prefix = prefix
        self.error_log = error_log or prefix / "error.log"
        self.timeout = timeout
        self.client = Client(timeout)
        self._process: subprocess.Popen[bytes] | None = None
        self.conf = self._written(conf)

    def __enter__(self) -> Nginx:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The master's process id."""
        if self._process is None:
            raise NginxError("nginx is not running")
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it listens and has its workers; raises NginxError with nginx's own words."""
        (self.prefix / "tmp").mkdir(parents=True, exist_ok=True)
        said = self.prefix / "stderr"
        with said.open("wb") as stderr:
            self._process = subprocess.Popen(
                self._command("-g", "daemon off;"),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                preexec_fn=die_with_parent,  # a killed test run leaves no server behind
            )  # fmt: skip
        end = time.monotonic() + self.timeout
        while not self._has_workers():
            if self._process.poll() is not None or time.monotonic() > end:
                words = said.read_text(errors="replace").strip()
                self.stop()
                raise NginxError(words or "nginx did not start in time")
            time.sleep(0.002)

    def stop(self) -> None:
        """Stop, by its own process id."""
        self.client.close()
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        stop_process(process, signal.SIGTERM, self.timeout)

    def restart(self, conf: Path | str | None = None) -> None:
        """Stop and start again, with another configuration if one is given."""
        self.stop()
        if conf is not None:
            self.conf = self._written(conf)
        self.start()

    def check(self, conf: Path | str | None = None) -> str | None:
        """What `nginx -t` has against a configuration, or None if nothing."""
        if conf is not None:
            self.conf = self._written(conf)
        (self.prefix / "tmp").mkdir(parents=True, exist_ok=True)
        result = subprocess.run(self._command("-t", "-q"), capture_output=True, timeout=30, check=False)
        return None if result.returncode == 0 else result.stderr.decode(errors="replace").strip()

    def dump(self) -> bytes:
        """What `nginx -T` prints for the configuration."""
        return subprocess.run(self._command("-T", "-q"), capture_output=True, timeout=30, check=True).stdout

    @contextlib.contextmanager
    def logged(self) -> Iterator[list[str]]:
        """The error-log lines that are written inside the `with` block; filled in at its end.

        nginx writes them before it answers, so none of them is late.
        """
        lines: list[str] = []
        start = size_of(self.error_log)
        yield lines
        lines += logged_since(self.error_log, start)

    def _command(self, *arguments: str) -> list[str]:
        files = ["-p", f"{self.prefix}/", "-c", str(self.conf), "-e", str(self.error_log)]
        return [*self.within, self.binary, *files, *arguments]

    def _written(self, conf: Path | str) -> Path:
        if isinstance(conf, Path):
            return conf
        self.prefix.mkdir(parents=True, exist_ok=True)
        path = self.prefix / "nginx.conf"
        path.write_bytes(conf.encode("utf-8", "surrogateescape"))
        return path

    def _has_workers(self) -> bool:
        # Every socket listens before the first worker is forked, so a child is the sign that all is up,
        # and one that needs neither a port nor a pid file. What runs before nginx, if anything, has another name.
        pid = self.pid
        return name_of(pid) == Path(self.binary).name and bool(children(pid))
