"""The key files of ssh: the public key of each, whether it needs a passphrase, and signatures with it.

Truth: ssh(1) FILES, ssh_config(5) IdentityFile; PROTOCOL.key and authfile.c of OpenSSH. paramiko's own reader knows no
PKCS#8, and takes files that ssh refuses because others may read them.
"""

import base64
import binascii
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from audit403.core.named_tuple import NamedTuple
from audit403.host.wire import is_of_type, number, packed, taken

Passphrase = Callable[[str], str | None]
"""Asks for the passphrase of a key file; None where it is not told."""
Signer = Callable[[bytes, str], bytes]
"""Signs data by an algorithm such as `rsa-sha2-512`."""

_PROMPTS = 3
_LARGEST = 1024 * 1024
_PRIVATE, _OPENSSH = b"PRIVATE KEY-----", b"-----BEGIN OPENSSH PRIVATE KEY-----"
_LOCKED = (b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")
_MAGIC = b"openssh-key-v1\0"
_CURVES: dict[str, tuple[bytes, hashes.HashAlgorithm]] = {
    "secp256r1": (b"nistp256", hashes.SHA256()),
    "secp384r1": (b"nistp384", hashes.SHA384()),
    "secp521r1": (b"nistp521", hashes.SHA512()),
}
_asking = threading.Lock()
_opened: "dict[tuple[str, int], Opened]" = {}


class KeyFileError(Exception):
    """Why a key file is of no use, in words that follow its name."""


class Opened(NamedTuple):
    """A private key that can be used."""

    public: bytes
    sign: Signer


class KeyFile(NamedTuple):
    """A key file; `private` is None where only the public key is there, for an agent to sign with."""

    path: str
    changed: int
    public: bytes | None
    private: bytes | None
    locked: bool

    def opened(self, ask: Passphrase | None) -> Opened:
        """The private key; a passphrase is asked for once a run, however many hosts there are. Raises KeyFileError."""
        if self.private is None:
            raise KeyFileError("has no private key in it, and the agent does not have it either")
        with _asking:
            known = _opened.get((self.path, self.changed))
            if known is None:
                known = _opened[self.path, self.changed] = _usable(self._private(self.private, ask))
            return known

    def _private(self, text: bytes, ask: Passphrase | None) -> object:
        if not self.locked:
            return _loaded(text, None)
        for _ in range(_PROMPTS):
            told = None if ask is None else ask(self.path)
            if not told:
                raise KeyFileError("needs its passphrase: add it to the agent with ssh-add")
            with suppress(KeyFileError):
                return _loaded(text, told.encode("utf-8", "surrogateescape"))
        raise KeyFileError("was not opened by the passphrase")


def read_key_file(path: str) -> KeyFile | None:
    """A key file; None where nothing of that name is there. Raises KeyFileError."""
    beside = _public_text(_read(f"{path}.pub")[0])
    data, changed, is_open = _read(path)
    if data is None:
        return None if beside is None else KeyFile(path, 0, beside, None, locked=False)
    if _PRIVATE not in data:
        public = _public_text(data)
        if public is None:
            raise KeyFileError("is no key file")
        return KeyFile(path, changed, public, None, locked=False)
    if is_open:
        raise KeyFileError("can be read by others than its owner, so ssh does not take it: chmod 600")
    locked, public = _header(data) if _OPENSSH in data else (any(word in data for word in _LOCKED), None)
    if public is None and not locked:
        public = _usable(_loaded(data, None)).public
    return KeyFile(path, changed, public or beside, data, locked)


def read_public(path: str) -> bytes | None:
    """The public key or certificate that a file holds as a line; None for none."""
    return _public_text(_read(path)[0])


def _read(path: str) -> tuple[bytes | None, int, bool]:
    """A file's text, when it was changed, and whether it is ours and others may read it. Raises KeyFileError."""
    try:
        with open(path, "rb") as file:
            about = os.fstat(file.fileno())
            is_open = about.st_uid == os.getuid() and bool(about.st_mode & 0o077)
            return file.read(_LARGEST), about.st_mtime_ns, is_open
    except (FileNotFoundError, NotADirectoryError):
        return None, 0, False
    except (OSError, ValueError) as error:
        raise KeyFileError(f"cannot be read: {error.strerror if isinstance(error, OSError) else error}") from error


def _public_text(text: bytes | None) -> bytes | None:
    """The key of a line `type base64 comment`."""
    words = [] if text is None else text.split(None, 2)
    if len(words) < 2:
        return None
    try:
        key = base64.b64decode(words[1], validate=True)
        return key if is_of_type(key, words[0].decode("ascii", "replace")) else None
    except (binascii.Error, ValueError):
        return None


def _header(text: bytes) -> tuple[bool, bytes | None]:
    """Whether a file of OpenSSH's own form is locked, and its public key, which is not."""
    inner = text.partition(_OPENSSH)[2].partition(b"-----END")[0]
    try:
        data = base64.b64decode(b"".join(inner.split()))
        if not data.startswith(_MAGIC):
            raise KeyFileError("is damaged")
        cipher, at = taken(data, len(_MAGIC))
        _, at = taken(data, at)
        _, at = taken(data, at)
        return cipher != b"none", taken(data, at + 4)[0]
    except (binascii.Error, ValueError) as error:
        raise KeyFileError("is damaged") from error


def _loaded(text: bytes, passphrase: bytes | None) -> object:
    """The private key of a file. Raises KeyFileError, which says nothing of what is in it."""
    try:
        if _OPENSSH in text:
            return serialization.load_ssh_private_key(text, passphrase)
        return serialization.load_pem_private_key(text, passphrase)
    except UnsupportedAlgorithm as error:
        raise KeyFileError("is of a kind that only ssh reads: add it to the agent with ssh-add") from error
    except (ValueError, TypeError) as error:
        raise KeyFileError("cannot be opened: it is damaged, or the passphrase is another one") from error


def _usable(key: object) -> Opened:
    """How a private key signs for SSH: RFC 4253 6.6, 5656 3.1.2, 8332 and 8709. Raises KeyFileError."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Opened(_public_of(key), lambda data, algorithm: packed(b"ssh-ed25519", key.sign(data)))
    if isinstance(key, rsa.RSAPrivateKey):

        def by_rsa(data: bytes, algorithm: str) -> bytes:
            is_short = algorithm == "rsa-sha2-256"
            digest = hashes.SHA256() if is_short else hashes.SHA512()
            return packed(b"rsa-sha2-256" if is_short else b"rsa-sha2-512", key.sign(data, padding.PKCS1v15(), digest))

        return Opened(_public_of(key), by_rsa)
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        curve, digest = _CURVES[key.curve.name]

        def by_curve(data: bytes, algorithm: str) -> bytes:
            first, second = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
            return packed(b"ecdsa-sha2-" + curve, packed(number(first), number(second)))

        return Opened(_public_of(key), by_curve)
    raise KeyFileError("is of a kind that only ssh and its agent sign with: add it to the agent with ssh-add")


def _public_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])
