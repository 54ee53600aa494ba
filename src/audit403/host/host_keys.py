"""Whether the key that a host shows is taken: strict, unless keys of new hosts are to be written to a file of our own.

Truth: ssh(1) VERIFYING HOST KEYS, ssh_config(5) StrictHostKeyChecking; check_host_key of OpenSSH's sshconnect.c.
"""

import fcntl
import os
from pathlib import Path

from audit403.host.known_hosts import (
    CHANGED,
    KNOWN,
    REVOKED_KEY,
    UNKNOWN,
    KnownHosts,
    fingerprint,
    line_for,
    read_known_hosts,
)
from audit403.host.sentences import changed_key, revoked_key, unknown_key
from audit403.host.ssh_settings import SshSettings, key_name
from audit403.host.transport import HostError


class HostKeys:
    """`accept_new` is a file of our own for hosts that no file knows, where one was asked for."""

    def __init__(self, accept_new: Path | None = None) -> None:
        self.accept_new = accept_new

    def types(self, settings: SshSettings) -> tuple[str, ...]:
        """The types of the keys that a host is known by. Raises HostError."""
        return self._known(settings).key_types(*key_name(settings))

    def check(self, settings: SshSettings, key_type: str, key: bytes) -> None:
        """Raises HostError for a key that is unknown, another one than the host had, or revoked."""
        if self._is_known(settings, key_type, key):
            return
        if self.accept_new is None:
            raise unknown_key(settings, f"{key_type} {fingerprint(key)}")
        self._accept(self.accept_new, settings, key_type, key)

    def _is_known(self, settings: SshSettings, key_type: str, key: bytes) -> bool:
        """Whether a key is known; what is merely unknown is False, anything else raises HostError."""
        name, port = key_name(settings)
        known = self._known(settings)
        judged = known.judge(name, port, key)
        where = ", ".join(f"{line.file}:{line.number}" for line in judged.lines)
        shown = f"{key_type} {fingerprint(key)}"
        if judged.verdict == REVOKED_KEY:
            raise revoked_key(settings, f"{shown} ({where})")
        if judged.verdict == CHANGED:
            raise changed_key(settings, shown, where)
        if judged.verdict == UNKNOWN and known.authorities(name, port):
            raise HostError(
                f"{settings.name} is vouched for by a certificate authority, which ssh itself checks: "
                "use --transport openssh"
            )
        return judged.verdict == KNOWN

    def _accept(self, path: Path, settings: SshSettings, key_type: str, key: bytes) -> None:
        """Write a new host's key down, unless somebody who held the lock before has, for many hosts come at once."""
        name, port = key_name(settings)
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
        paths = (*settings.user_known_hosts, *settings.global_known_hosts)
        try:
            return read_known_hosts([*paths, *([] if self.accept_new is None else [str(self.accept_new)])])
        except OSError as error:
            raise HostError(f"the known hosts cannot be read: {error}") from error
