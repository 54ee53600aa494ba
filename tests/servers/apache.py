"""A real Apache httpd for tests: a child of the test on loopback addresses, stopped by its own process id."""

from __future__ import annotations

import pwd
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .apache_modules import MODULES
from .need import missing, need
from .process import IS_ROOT, children, ending_with_the_tests, logged_since, size_of, worker_user
from .server import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What Debian enables by itself, and what sites and `.htaccess` files ask for most often.
USUAL = (
    "access_compat", "alias", "auth_basic", "authn_core", "authn_file", "authz_core", "authz_groupfile", "authz_host",
    "authz_user", "autoindex", "dir", "env", "headers", "mime", "negotiation", "rewrite", "setenvif",
)  # fmt: skip
#: Written to the error log when all is up, whatever the LogLevel.
_STARTED = "AH00094: Command line"
#: One worker process with a few threads: starts in some ten milliseconds.
SMALL = {
    # The client keeps a connection open for each address that it asks from, and they may be many.
    "event": "StartServers 1\nServerLimit 1\nThreadsPerChild 16\nMaxRequestWorkers 16\nMinSpareThreads 1\n"
    "MaxSpareThreads 16\nAsyncRequestWorkerFactor 32\nKeepAliveTimeout 30\nMaxKeepAliveRequests 0",
    # Here an open connection would hold a whole process.
    "prefork": "StartServers 2\nMinSpareServers 1\nMaxSpareServers 2\nMaxRequestWorkers 8\nKeepAlive Off",
}


class ApacheError(RuntimeError):
    """Apache did not start; the message is what it said."""


def need_apache_module(name: str, package: str = "apache2") -> str:
    """The path of a module's file: `need_apache_module("rewrite")`."""
    need("apache2")
    path = MODULES / f"mod_{name}.so"
    return str(path) if path.exists() else missing(path.name, package)


def load_modules(names: Iterable[str]) -> str:
    """The LoadModule lines of some modules."""
    return "".join(f"LoadModule {name}_module {need_apache_module(name)}\n" for name in names)


def main_config(
    prefix: Path,
    body: str,
    *,
    modules: Iterable[str] = USUAL,
    extra: Iterable[str] = (),
    mpm: str = "event",
    log_level: str = "warn",
    user: str | None = None,
) -> str:
    """A main configuration around `body` that writes nothing outside the prefix, also fit for a user who is not root.

    `body` has its own `Listen` lines. `modules` and `extra` name modules without their `mod_` and `_module`. With a
    log_level such as `warn authz_core:debug` the log names the Require that failed (AH01626).
    """
    run_as = f"User {user or worker_user()}\nGroup #{_group()}\n" if IS_ROOT else ""
    types = "TypesConfig /etc/mime.types\n" if "mime" in modules else ""
    return f"""\
ServerRoot {prefix}
DefaultRuntimeDir {prefix}
PidFile {prefix}/apache.pid
ErrorLog {prefix}/error.log
LogLevel {log_level}
ServerName localhost
{load_modules([f"mpm_{mpm}", *modules, *extra])}{types}{run_as}{SMALL[mpm]}
{body}
"""


class Apache(Server):
    """One httpd under a prefix; `variables` are what `${NAME}` stands for, `defines` what `-D` would define."""

    program, conf_name, error = "apache2", "apache.conf", ApacheError

    def __init__(
        self,
        prefix: Path,
        conf: Path | str,
        *,
        error_log: Path | None = None,
        variables: dict[str, str] | None = None,
        defines: Sequence[str] = (),
        within: Sequence[str] = (),
        timeout: float = 10.0,
    ) -> None:
        super().__init__(prefix, conf, error_log=error_log, within=within, timeout=timeout)
        self.variables = variables or {}
        self.defines = defines

    def start(self) -> None:
        """Start, and wait until it listens and has its workers; raises ApacheError with Apache's own words."""
        said = self.prefix / "stderr"
        before = size_of(self.error_log)
        with said.open("wb") as stderr:
            self._process = subprocess.Popen(
                ending_with_the_tests(self._command("-D", "FOREGROUND")),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, env=self.variables,
                start_new_session=True,  # mod_mpm_prefork stops by a signal to its whole process group
            )  # fmt: skip
        end = time.monotonic() + self.timeout
        while not any(_STARTED in line for line in logged_since(self.error_log, before)):
            if self._process.poll() is not None or time.monotonic() > end:
                words = said.read_text(errors="replace").strip()
                logged = "\n".join(logged_since(self.error_log, before))
                self.stop()
                raise ApacheError(f"{words}\n{logged}".strip() or "Apache did not start in time")
            time.sleep(0.002)

    def workers(self) -> list[int]:
        """The process ids of its children."""
        return children(self.pid)

    def check(self, conf: Path | str | None = None) -> str | None:
        """What `apache2 -t` has against a configuration, or None if nothing."""
        if conf is not None:
            self.conf = self._written(conf)
        result = self.run("-t")
        return None if result.returncode == 0 else result.stderr.decode(errors="replace").strip()

    def dump(self) -> bytes:
        """What `-D DUMP_CONFIG` prints: the directives after everything that is done while reading.

        mod_info prints it; it is loaded before the configuration, whether that has it or not.
        """
        load = f"LoadModule info_module {need_apache_module('info')}"
        result = self.run("-t", "-D", "DUMP_CONFIG", "-C", load)
        if result.returncode:
            raise ApacheError(result.stderr.decode(errors="replace").strip())
        return result.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run `apache2` with this configuration and more arguments, which have it end at once (`-t`, `-M`)."""
        return subprocess.run(
            self._command(*arguments), capture_output=True, timeout=60, check=False, env=self.variables
        )

    def _command(self, *arguments: str) -> list[str]:
        defines = [word for name in self.defines for word in ("-D", name)]
        return [*self.within, self.binary, "-d", str(self.prefix), "-f", str(self.conf), *defines, *arguments]


def _group() -> int:
    """The group of the workers' user."""
    return pwd.getpwnam(worker_user()).pw_gid
