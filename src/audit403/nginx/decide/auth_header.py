"""User name and password out of the Authorization header.

Truth: ngx_http_auth_basic_user in src/http/ngx_http_core_module.c.
"""

from base64 import b64decode
from binascii import Error

from audit403.nginx.decide.ascii import lower
from audit403.nginx.decide.exchange import Exchange

_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def credentials_of(exchange: Exchange) -> tuple[str, str] | None:
    """User and password, or None when the request carries none that nginx can read."""
    header = exchange.request.header("authorization")
    if header is None or lower(header[:6]) != "basic ":
        return None
    encoded = header[6:].lstrip(" ")
    if not encoded:
        return None
    decoded = decode_base64(encoded)
    if decoded is None:
        return None
    user, colon, password = decoded.partition(":")
    return (user, password) if colon and user else None


def decode_base64(text: str) -> str | None:
    """Base64 as ngx_decode_base64 reads it: up to the first `=`, whatever follows; None when it is not valid."""
    body = text.partition("=")[0]
    if len(body) % 4 == 1 or not all(character in _ALPHABET for character in body):
        return None
    try:
        return b64decode(body + "=" * (-len(body) % 4)).decode("utf-8", "surrogateescape")
    except (Error, ValueError):
        return None
