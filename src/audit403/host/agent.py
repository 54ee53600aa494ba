"""ssh-agent: which keys it has, and signatures with them. Truth: RFC draft-ietf-sshm-ssh-agent, PROTOCOL.agent.

paramiko's own looks for SSH_AUTH_SOCK alone, where IdentityAgent may name another, and waits for it without end.
"""

import socket

from audit403.host.wire import packed, plain_key, taken

_LIST, _LISTED, _SIGN, _SIGNED = 11, 12, 13, 14
_FLAGS = {"rsa-sha2-256": 2, "rsa-sha2-512": 4}
_LARGEST = 1024 * 1024


class AgentError(Exception):
    """An agent that is not there, or does not do what it was asked for."""


class Agent:
    """A connection to the agent at a socket."""

    def __init__(self, path: str, seconds: float) -> None:
        """Raises AgentError where none listens."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(seconds)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise AgentError(f"no agent answers at {path}") from error

    def keys(self) -> list[bytes]:
        """The public keys and certificates that it can sign with, each whole. Raises AgentError."""
        answer = self._asked(_LIST, _LISTED, b"")
        found: list[bytes] = []
        at = 4
        try:
            for _ in range(int.from_bytes(answer[:4], "big")):
                key, at = taken(answer, at)
                _, at = taken(answer, at)
                plain_key(key)
                found.append(key)
        except ValueError as error:
            raise AgentError("the agent's answer is cut off") from error
        return found

    def sign(self, key: bytes, data: bytes, algorithm: str) -> bytes:
        """A signature. Raises AgentError, also where whoever is asked to touch a key does not."""
        flags = _FLAGS.get(algorithm, 0).to_bytes(4, "big")
        try:
            return taken(self._asked(_SIGN, _SIGNED, packed(key, data) + flags))[0]
        except ValueError as error:
            raise AgentError("the agent's answer is cut off") from error

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _asked(self, what: int, wanted: int, text: bytes) -> bytes:
        try:
            self._socket.sendall(packed(bytes([what]) + text))
            length = int.from_bytes(self._read(4), "big")
            if not 0 < length <= _LARGEST:
                raise AgentError("the agent's answer is none")
            answer = self._read(length)
        except OSError as error:
            raise AgentError(f"the agent does not answer: {error}") from error
        if answer[0] != wanted:
            raise AgentError("the agent refuses")
        return answer[1:]

    def _read(self, count: int) -> bytes:
        read = b""
        while len(read) < count:
            piece = self._socket.recv(count - len(read))
            if not piece:
                raise AgentError("the agent has gone")
            read += piece
        return read
