"""A real nginx for tests: started on the loopback addresses as a child of the test, stopped by its own process id."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .process import children, ending_with_the_tests, name_of, worker_user
from .server import Server

if TYPE_CHECKING:
    pass


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


class Nginx(Server):
    """One nginx under a prefix."""

    program, conf_name, error = "nginx", "nginx.conf", NginxError

    def start(self) -> None:
        """Start, and wait until it listens and has its workers; raises NginxError with nginx's own words."""
        (self.prefix / "tmp").mkdir(parents=True, exist_ok=True)
        said = self.prefix / "stderr"
        with said.open("wb") as stderr:
            self._process = subprocess.Popen(
                ending_with_the_tests(self._command("-g", "daemon off;")),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
            )  # fmt: skip
        end = time.monotonic() + self.timeout
        while not self._has_workers():
            if self._process.poll() is not None or time.monotonic() > end:
                words = said.read_text(errors="replace").strip()
                self.stop()
                raise NginxError(words or "nginx did not start in time")
            time.sleep(0.002)

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

    def _command(self, *arguments: str) -> list[str]:
        files = ["-p", f"{self.prefix}/", "-c", str(self.conf), "-e", str(self.error_log)]
        return [*self.within, self.binary, *files, *arguments]

    def _has_workers(self) -> bool:
        # Every socket listens before the first worker is forked, so a child is the sign that all is up,
        # and one that needs neither a port nor a pid file. What runs before nginx, if anything, has another name.
        pid = self.pid
        return name_of(pid) == Path(self.binary).name and bool(children(pid))
