"""An ssh-agent that holds a FIDO key without a device: what it signs a real sshd takes for a touched key's.

Truth: PROTOCOL.u2f of OpenSSH. Its authenticator's data are the hash of the application, flags and a counter.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit403.host.wire import packed, taken

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_TYPE, _APPLICATION, _TOUCHED = b"sk-ssh-ed25519@openssh.com", b"ssh:", b"\x01"


class FakeAgent:
    """`public` is its key; `touches` counts how often it was asked to sign."""

    def __init__(self, path: Path) -> None:
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._blob = packed(_TYPE, raw, _APPLICATION)
        self.public = f"{_TYPE.decode()} {base64.b64encode(self._blob).decode()}"
        self.touches = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            while size := stream.read(4):
                asked = stream.read(int.from_bytes(size, "big"))
                stream.write(packed(self._answer(asked)))
                stream.flush()

    def _answer(self, asked: bytes) -> bytes:
        if asked[0] == 11:
            return b"\x0c" + (1).to_bytes(4, "big") + packed(self._blob, b"a device")
        if asked[0] == 13:
            _, at = taken(asked, 1)
            data, _ = taken(asked, at)
            self.touches += 1
            tail = _TOUCHED + self.touches.to_bytes(4, "big")
            signed = hashlib.sha256(_APPLICATION).digest() + tail + hashlib.sha256(data).digest()
            return b"\x0e" + packed(packed(_TYPE, self._key.sign(signed)) + tail)
        return b"\x05"
