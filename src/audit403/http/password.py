"""Whether a password fits a stored hash, in every form that nginx or httpd takes.

Truth for nginx: ngx_crypt in src/core/ngx_crypt.c. {PLAIN}, {SHA}, {SSHA} and $apr1$ are nginx's own, the rest is
crypt(3). Truth for httpd: apr_password_validate of APR-util. In all of them the server computes the hash anew, with the
salt that the stored text names, and compares the two texts byte for byte.
"""

from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache

from audit403.http.base64 import decode_base64
from audit403.http.crypt import PATIENCE, fits

_APR1 = b"$apr1$"
_STARS = "*" * 8
_ITOA64 = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_APR1_ORDER = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))


def too_long(user: str) -> str:
    """What is not known of a user whose hash takes too long, in words."""
    return f"the password of {user}: its hash takes more than {PATIENCE} seconds to compute"


def is_withheld(stored: str) -> bool:
    """Whether a stored password is one that the evidence has taken out: no hash ends with asterisks."""
    return stored.endswith(_STARS)


@lru_cache(maxsize=1024)
def password_matches(password: str, stored: str) -> bool | None:
    """Whether nginx accepts the password; a stored text that crypt(3) does not take fits no password.

    None where the hash takes too long to compute.
    """
    # nginx handles both as C strings.
    secret = _bytes(password).partition(b"\0")[0]
    expected = _bytes(stored).partition(b"\0")[0]
    for prefix, compute in _OWN:
        if expected.startswith(prefix):
            return compute(secret, expected) == expected
    return fits(secret, expected)


@lru_cache(maxsize=1024)
def validated(password: str, stored: str) -> bool | None:
    """Whether httpd accepts the password: $apr1$, {SHA}, bcrypt, and for the rest crypt(3).

    None where the hash takes too long to compute.
    """
    secret = _bytes(password).partition(b"\0")[0]
    expected = _bytes(stored).partition(b"\0")[0]
    if expected.startswith(_APR1):
        return _apr1(secret, expected) == expected
    if expected.startswith(b"{SHA}"):
        return _sha(secret, expected) == expected
    return fits(secret, expected)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _plain(secret: bytes, _stored: bytes) -> bytes:
    return b"{PLAIN}" + secret


def _sha(secret: bytes, _stored: bytes) -> bytes:
    from hashlib import sha1

    return b"{SHA}" + b64encode(sha1(secret, usedforsecurity=False).digest())


def _ssha(secret: bytes, stored: bytes) -> bytes:
    from hashlib import sha1

    decoded = decode_base64(stored[6:].decode("utf-8", "surrogateescape"))
    salt = b"" if decoded is None else _bytes(decoded)[20:]
    return b"{SSHA}" + b64encode(sha1(secret + salt, usedforsecurity=False).digest() + salt)


def _apr1(secret: bytes, stored: bytes) -> bytes:
    """Poul-Henning Kamp's md5 crypt with Apache's magic, as ngx_crypt_apr1 computes it."""
    from hashlib import md5

    def digest(*parts: bytes) -> bytes:
        return md5(b"".join(parts), usedforsecurity=False).digest()

    salt = stored[len(_APR1) :].partition(b"$")[0][:8]
    inner = digest(secret, salt, secret)
    stretched = (inner * (len(secret) // 16 + 1))[: len(secret)]
    bits = b"".join(b"\0" if len(secret) >> place & 1 else secret[:1] for place in range(len(secret).bit_length()))
    final = digest(secret, _APR1, salt, stretched, bits)
    for turn in range(1000):
        final = digest(
            secret if turn % 2 else final,
            salt if turn % 3 else b"",
            secret if turn % 7 else b"",
            final if turn % 2 else secret,
        )
    text = b"".join(_to64(final[a] << 16 | final[b] << 8 | final[c], 4) for a, b, c in _APR1_ORDER)
    return _APR1 + salt + b"$" + text + _to64(final[11], 2)


def _to64(value: int, length: int) -> bytes:
    return bytes(_ITOA64[value >> 6 * place & 0x3F] for place in range(length))


_OWN: tuple[tuple[bytes, Callable[[bytes, bytes], bytes]], ...] = (
    (_APR1, _apr1),
    (b"{PLAIN}", _plain),
    (b"{SSHA}", _ssha),
    (b"{SHA}", _sha),
)
