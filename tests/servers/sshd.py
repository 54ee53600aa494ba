"""A real sshd for tests, with host keys and authorized keys of its own, and the homes of those who log in there."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .need import need
from .ports import free_port
from .process import IS_ROOT, ending_with_the_tests, stop_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from .own_processes import OwnProcesses

_SECONDS = 10.0
USER = pwd.getpwuid(os.geteuid()).pw_name


class Sshd:
    """One sshd on 127.0.0.1, which lets in the user that runs the tests, with the keys that `allow` was given.

    Whoever is in has its folder for a home: what the user's own shell does when it starts is no part of a test.
    In a `place` it sees the processes of that, and ends with it.
    """

    def __init__(
        self,
        folder: Path,
        options: str = "",
        *,
        key_types: Sequence[str] = ("ed25519",),
        place: OwnProcesses | None = None,
    ) -> None:
        self._place = place
        self.binary, self.folder, self.port = need("sshd"), folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.keys = [make_key(folder / f"host_{kind}", kind) for kind in key_types]
        self.log = folder / "log"
        self._authorized = folder / "authorized_keys"
        self._authorized.touch()
        self._conf = folder / "sshd_config"
        self._conf.write_text(
            f"MaxStartups 100\nListenAddress 127.0.0.1\nPort {self.port}\nPidFile none\n"
            f"AuthorizedKeysFile {self._authorized}\n"
            + "".join(f"HostKey {key}\n" for key in self.keys)
            + options
            + "\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
            f"LogLevel VERBOSE\nPrintMotd no\nSetEnv HOME={folder}\n"
            "KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org\n"  # a third of the time of ssh's usual one
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until it listens."""
        if IS_ROOT:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.log.write_text("")
        command = [self.binary, "-D", "-f", str(self._conf), "-E", str(self.log)]
        self._process = subprocess.Popen(
            ending_with_the_tests(command if self._place is None else self._place.command(command)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + _SECONDS
        while "Server listening on" not in self.log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"sshd did not start: {self.log.read_text(errors='replace')}")
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop, by its own process id."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            stop_process(process, signal.SIGTERM, _SECONDS)

    def allow(self, key: Path, options: str = "") -> None:
        """Let in whoever has a key, with what authorized_keys may say of it."""
        with self._authorized.open("a") as file:
            file.write(f"{options} {public_of(key)}\n".lstrip())

    def known(self, *, host: str | None = None, marker: str = "", key: Path | None = None) -> str:
        """The line of known_hosts for it."""
        name = f"[127.0.0.1]:{self.port}" if host is None else host
        return f"{marker} {name} {public_of(self.keys[0] if key is None else key)}\n".lstrip()


class Home:
    """A $HOME with the .ssh of somebody who logs in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ssh = folder, folder / ".ssh"
        self.ssh.mkdir(mode=0o700, parents=True)
        self.known_hosts = self.ssh / "known_hosts"

    def configure(self, *blocks: str) -> None:
        """Write the configuration anew."""
        path = self.ssh / "config"
        path.write_text("\n".join(blocks))
        path.chmod(0o600)

    def knows(self, *lines: str) -> None:
        """Write known_hosts anew."""
        self.known_hosts.write_text("".join(lines))


def block(name: str, sshd: Sshd, key: Path | None, *more: str) -> str:
    """The part of a configuration that is about one sshd; without a key there is none to log in with."""
    lines = [f"Host {name}", "HostName 127.0.0.1", f"Port {sshd.port}", f"User {USER}"]
    lines.append(f"IdentityFile {'none' if key is None else key}")
    return "\n  ".join([*lines, *more]) + "\n"


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "", *more: str) -> Path:
    """A new key: for the speed of tests a short one where it is of RSA, and one round for its passphrase."""
    size = ("-b", "2048") if kind == "rsa" else ()
    keygen("-q", "-t", kind, *size, "-N", passphrase, "-a", "1", "-C", "test", "-f", str(path), *more)
    return path


def sign(authority: Path, key: Path, *options: str) -> Path:
    """A certificate for a key, beside it: `-h` for that of a host, `-n` for whom it is."""
    keygen("-q", "-s", str(authority), "-I", "test", *options, f"{key}.pub")
    return Path(f"{key}-cert.pub")


def keygen(*arguments: str) -> None:
    subprocess.run([_keygen(), *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def public_of(key: Path) -> str:
    """The public key of a key file, as one line without its comment."""
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


@cache
def _keygen() -> str:
    need("ssh")
    return need("ssh-keygen")
