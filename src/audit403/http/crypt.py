"""crypt(3), for as long as it is worth waiting: some hashes name a number of rounds that takes hours, or gigabytes.

Truth: crypt(3) and crypt(5) of libxcrypt, which nginx and httpd call. They wait; their worker serves nobody meanwhile.
"""

import re
import subprocess
import sys

PATIENCE = 2
"""Seconds of the processor."""
_MEMORY = 512 * 1024 * 1024
_LONGEST_WAIT = 30.0
"""Seconds on a machine that is busy with other things."""

_ORDINARY = re.compile(
    rb"""
    [^$_]                                               # DES, or nothing that crypt(3) takes
    | \$ [13] \$
    | \$ [56] \$ (?! rounds= ) | \$ [56] \$ rounds= [0-9]{1,5} \$
    | \$ 2 [abxy]? \$ (?: 0 [0-9] | 1 [0-2] ) \$
    | \$ y \$ j [./0-9] [./0-9A-T] \$
    """,
    re.VERBOSE,
)
"""What takes less than half a second."""

_HANDLERS = (
    ("$1$", "md5_crypt"),
    ("$2a$", "bcrypt"),
    ("$2b$", "bcrypt"),
    ("$2y$", "bcrypt"),
    ("$5$", "sha256_crypt"),
    ("$6$", "sha512_crypt"),
)

_CHILD = f"""
import ctypes, os, resource, sys, threading, time
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_CPU, ({PATIENCE}, {PATIENCE}))
def watch():
    while True:
        with open("/proc/self/statm") as statm:
            if int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") > {_MEMORY}:
                os._exit(3)
        time.sleep(0.01)
threading.Thread(target=watch, daemon=True).start()
crypt = ctypes.CDLL("libcrypt.so.1").crypt
crypt.argtypes, crypt.restype = (ctypes.c_char_p, ctypes.c_char_p), ctypes.c_char_p
secret, stored = sys.stdin.buffer.read().split(b"\\0")
sys.stdout.buffer.write(crypt(secret, stored) or b"*0")
sys.stdout.flush()
os._exit(0)
"""
"""A limit of its memory would not do: crypt(3) says of a lack of memory what it says of no hash at all."""


def fits(secret: bytes, stored: bytes) -> bool | None:
    """Whether a password has this hash; None where that takes too long. Neither has a NUL in it."""
    is_ordinary = not stored or _ORDINARY.match(stored) is not None
    if not _has_libcrypt():
        return _by_passlib(secret, stored) if is_ordinary else None
    if is_ordinary:
        return _libcrypt(secret, stored) == stored
    answer = _apart(secret, stored)
    return None if answer is None else answer == stored


def _has_libcrypt() -> bool:
    import ctypes

    try:
        return hasattr(ctypes.CDLL("libcrypt.so.1"), "crypt")
    except OSError:
        return False


def _libcrypt(secret: bytes, stored: bytes) -> bytes:
    import ctypes

    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.argtypes, crypt.restype = (ctypes.c_char_p, ctypes.c_char_p), ctypes.c_char_p
    answer = crypt(secret, stored)
    return answer if isinstance(answer, bytes) else b"*0"


def _apart(secret: bytes, stored: bytes) -> bytes | None:
    """The same in a process of its own, which ends where that is too much; None then."""
    command = [sys.executable, "-I", "-S", "-c", _CHILD]
    try:
        done = subprocess.run(
            command, input=secret + b"\0" + stored, capture_output=True, timeout=_LONGEST_WAIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _by_passlib(secret: bytes, stored: bytes) -> bool:
    from passlib import hash as hashes

    text = stored.decode("utf-8", "surrogateescape")
    for prefix, name in _HANDLERS:
        if text.startswith(prefix):
            return _verify(getattr(hashes, name), secret, text)
    return len(text) == 13 and not text.startswith("$") and _verify(hashes.des_crypt, secret, text)


def _verify(handler: object, secret: bytes, stored: str) -> bool:
    verify = getattr(handler, "verify")  # noqa: B009 - passlib has no type information
    try:
        return bool(verify(secret, stored))
    except ValueError:
        return False
