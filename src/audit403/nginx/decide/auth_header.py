"""User name and password out of the Authorization header.

Truth: ngx_http_auth_basic_user in src/http/ngx_http_core_module.c.
"""

from audit403.core.withheld import require_known
from audit403.http.base64 import decode_base64
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange


def credentials_of(exchange: Exchange) -> tuple[str, str] | None:
    """User and password, or None when the request carries none that nginx can read."""
    header = exchange.request.header("authorization")
    if header is None or lower(header[:6]) != "basic ":
        return None
    require_known(header)
    encoded = header[6:].lstrip(" ")
    if not encoded:
        return None
    decoded = decode_base64(encoded)
    if decoded is None:
        return None
    user, colon, password = decoded.partition(":")
    return (user, password) if colon and user else None
