"""Base64 as servers read it, which is not always as they should."""

from base64 import b64decode
from binascii import Error

_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def decode_base64(text: str) -> str | None:
    """Base64 as ngx_decode_base64 reads it: up to the first `=`, whatever follows; None when it is not valid."""
    body = text.partition("=")[0]
    if len(body) % 4 == 1 or not all(character in _ALPHABET for character in body):
        return None
    try:
        return b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "surrogateescape")
    except (Error, ValueError):
        return None


def decode_leniently(text: str) -> str:
    """Base64 as apr_base64_decode reads it: it ends at the first character that is none of its alphabet."""
    end = next((index for index, mark in enumerate(text) if mark not in _ALPHABET), len(text))
    body = text[:end]
    if len(body) % 4 == 1:
        body = body[:-1]
    return b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "surrogateescape")
