"""A connection through a ProxyCommand. Truth: ssh_config(5), ssh_proxy_connect of OpenSSH's sshconnect.c.

paramiko's own reads on for ever where the command has ended, and gives the command to no shell.
"""

import os
import socket
import subprocess
import tempfile

_SECONDS = 2


class ProxyCommand:
    """`socket` is the end of the command that speaks SSH."""

    def __init__(self, command: str) -> None:
        """Raises OSError where there is no shell."""
        self.socket, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 – it lives as long as the command
        with theirs:
            self._process = subprocess.Popen(
                [os.environ.get("SHELL") or "/bin/sh", "-c", f"exec {command}"],
                stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=self._errors, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        """The last line that it wrote to standard error."""
        self._errors.seek(0)
        lines = self._errors.read(4096).decode("utf-8", "replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "")

    def close(self) -> None:
        """End it."""
        self.socket.close()
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
