"""The Apache Portable Runtime itself, which httpd matches patterns and puts paths together with."""

from __future__ import annotations

import ctypes
from functools import cache

from servers.need import missing

PATHNAME, PERIOD, CASE_BLIND = 2, 4, 8
TRUENAME = 0x20


@cache
def _library() -> tuple[ctypes.CDLL, ctypes.c_void_p]:
    try:
        library = ctypes.CDLL("libapr-1.so.0")
    except OSError:
        missing("libapr-1.so.0", "libapr1")
    library.apr_initialize()
    pool = ctypes.c_void_p()
    library.apr_pool_create_ex(ctypes.byref(pool), None, None, None)
    return library, pool


def fnmatch(pattern: bytes, text: bytes, flags: int) -> bool:
    """apr_fnmatch."""
    return bool(_library()[0].apr_fnmatch(pattern, text, flags) == 0)


def fnmatch_test(pattern: bytes) -> bool:
    """apr_fnmatch_test."""
    return bool(_library()[0].apr_fnmatch_test(pattern))


def merge(root: bytes, path: bytes) -> bytes:
    """apr_filepath_merge."""
    library, pool = _library()
    out = ctypes.c_char_p()
    assert library.apr_filepath_merge(ctypes.byref(out), root, path, TRUENAME, pool) == 0
    return out.value or b""
