"""Whether the key that a host shows is taken: strict, unless keys of new hosts are to be written to a file of our own.

Truth: ssh(1) VERIFYING HOST KEYS, ssh_config(5) StrictHostKeyChecking; check_host_key of OpenSSH's sshconnect.c.
"""

import fcntl
import os
from pathlib import Path

from audit403.host.known_hosts import (
    CHANGED,
    DEFAULT_PORT,
    KNOWN,
    REVOKED_KEY,
    UNKNOWN,
    KnownHosts,
    at_port,
    fingerprint,
    line_for,
    read_known_hosts,
)
from audit403.host.ssh_settings import SshSettings
from audit403.host.transport import HostError


class HostKeys:
    """`accept_new` is a file of our own for hosts that no file knows, where one was asked for."""

    def __init__(self, accept_new: Path | None = None) -> None:
        self.accept_new = accept_new

    def types(self, settings: SshSettings) -> tuple[str, ...]:
        """The types of the keys that a host is known by. Raises HostError."""
        return self._known(settings).key_types(*_named(settings))

    def check(self, settings: SshSettings, key_type: str, key: bytes) -> None:
        """Raises HostError for a key that is unknown, another one than the host had, or revoked."""
        if self._is_known(settings, key_type, key):
            return
        if self.accept_new is None:
            name, port = _named(settings)
            raise HostError(
                f"the key of {settings.name} is not known: {key_type} {fingerprint(key)}; compare it with the host's "
                f"own, and make it known as {at_port(name, port)} by logging in once with `ssh {settings.name}`"
            )
        self._accept(self.accept_new, settings, key_type, key)

    def _is_known(self, settings: SshSettings, key_type: str, key: bytes) -> bool:
        """Whether a key is known; what is merely unknown is False, anything else raises HostError."""
        name, port = _named(settings)
        known = self._known(settings)
        judged = known.judge(name, port, key)
        where = ", ".join(f"{line.file}:{line.number}" for line in judged.lines)
        shown = f"{key_type} {fingerprint(key)}"
        if judged.verdict == REVOKED_KEY:
            raise HostError(f"{settings.name} shows a key that is revoked ({where}): {shown}")
        if judged.verdict == CHANGED:
            raise HostError(
                f"{settings.name} shows another key than the one that is known ({where}): {shown}; if the host was "
                f"set up anew, take the old key away with `ssh-keygen -R '{at_port(name, port)}'` and make the new one "
                "known"
            )
        if judged.verdict == UNKNOWN and known.authorities(name, port):
            raise HostError(
                f"{settings.name} is vouched for by a certificate authority, which ssh itself checks: "
                "use --transport openssh"
            )
        return judged.verdict == KNOWN

    def _accept(self, path: Path, settings: SshSettings, key_type: str, key: bytes) -> None:
        """Write a new host's key down, unless somebody who held the lock before has, for many hosts come at once."""
        name, port = _named(settings)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if not self._is_known(settings, key_type, key):
                    os.write(handle, line_for(name, port, key_type, key).encode())
            finally:
                os.close(handle)
        except OSError as error:
            raise HostError(f"the key of {settings.name} cannot be written to {path}: {error.strerror}") from error

    def _known(self, settings: SshSettings) -> KnownHosts:
        paths = [Path(one) for one in (*settings.user_known_hosts, *settings.global_known_hosts)]
        try:
            return read_known_hosts([*paths, *([] if self.accept_new is None else [self.accept_new])])
        except OSError as error:
            raise HostError(f"the known hosts cannot be read: {error}") from error


def _named(settings: SshSettings) -> tuple[str, int]:
    """The name and port that a host is known by: a HostKeyAlias stands for both."""
    if settings.host_key_alias is not None:
        return settings.host_key_alias, DEFAULT_PORT
    return settings.host_name, settings.port
