"""Whether a password fits a stored hash, in every form that nginx takes.

Truth: ngx_crypt in src/core/ngx_crypt.c: {PLAIN}, {SHA}, {SSHA} and $apr1$ are nginx's own, the rest is crypt(3).
"""

from base64 import b64decode
from binascii import Error

_HANDLERS = (
    ("$1$", "md5_crypt"),
    ("$2a$", "bcrypt"),
    ("$2b$", "bcrypt"),
    ("$2y$", "bcrypt"),
    ("$5$", "sha256_crypt"),
    ("$6$", "sha512_crypt"),
)


def password_matches(password: str, stored: str) -> bool:
    """Whether nginx accepts the password; a stored text that crypt(3) does not take fits no password."""
    secret = password.encode("utf-8", "surrogateescape")
    if stored.startswith("{PLAIN}"):
        return stored[7:] == password
    if stored.startswith("{SHA}"):
        return _digest(secret) == _decode(stored[5:])
    if stored.startswith("{SSHA}"):
        raw = _decode(stored[6:])
        return len(raw) > 20 and _digest(secret + raw[20:]) == raw[:20]
    if stored.startswith("$apr1$"):
        from passlib.hash import apr_md5_crypt

        return _verify(apr_md5_crypt, secret, stored)
    return _crypt(secret, stored)


def _digest(data: bytes) -> bytes:
    from hashlib import sha1

    return sha1(data, usedforsecurity=False).digest()


def _decode(text: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError):
        return b""


def _crypt(secret: bytes, stored: str) -> bool:
    answer = _libcrypt(secret, stored.encode("utf-8", "surrogateescape"))
    if answer is not None:
        return answer == stored.encode("utf-8", "surrogateescape")
    from passlib import hash as hashes

    for prefix, name in _HANDLERS:
        if stored.startswith(prefix):
            return _verify(getattr(hashes, name), secret, stored)
    return len(stored) == 13 and not stored.startswith("$") and _verify(hashes.des_crypt, secret, stored)


def _libcrypt(secret: bytes, stored: bytes) -> bytes | None:
    """crypt(3) of this machine, which is what nginx calls; None where the library is not installed."""
    import ctypes

    try:
        crypt = ctypes.CDLL("libcrypt.so.1").crypt
    except (OSError, AttributeError):
        return None
    crypt.argtypes, crypt.restype = (ctypes.c_char_p, ctypes.c_char_p), ctypes.c_char_p
    answer = crypt(secret, stored)
    return answer if isinstance(answer, bytes) else b"*0"


def _verify(handler: object, secret: bytes, stored: str) -> bool:
    verify = getattr(handler, "verify")  # noqa: B009 - passlib has no type information
    try:
        return bool(verify(secret, stored))
    except ValueError:
        return False
