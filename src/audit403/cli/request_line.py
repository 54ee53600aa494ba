"""Requests out of the command line and out of a batch's JSON lines (DESIGN.md, fixed contracts)."""

from functools import lru_cache
from typing import Any

from audit403.core.errors import BadUsage
from audit403.core.request import Request, Tls

_KNOWN = frozenset(("id", "method", "url", "client", "headers", "to", "tls", "body_length", "over_limits"))
_CERTIFICATES = ("none", "verified", "failed")


def request_of(row: dict[str, Any]) -> Request:
    """The request of one JSON line. Raises BadUsage with a sentence about what is wrong."""
    for key in row:
        if key not in _KNOWN:
            raise BadUsage(f'the request has the unknown key "{key}"; known are {", ".join(sorted(_KNOWN))}.')
    url = row.get("url")
    if not isinstance(url, str):
        raise BadUsage("the request has no url.")
    scheme, authority, target = split_url(url)
    headers, host = _headers(row.get("headers"), authority)
    port = _port_of(authority, scheme)
    tls = _tls(row.get("tls"), scheme, authority)
    length = row.get("body_length")
    if length is not None and (not isinstance(length, int) or length < 0):
        raise BadUsage(f"body_length must be a number of bytes, not {length!r}.")
    return Request(
        str(row.get("method", "GET")),
        scheme,
        host,
        port,
        target,
        _client(row.get("client", "127.0.0.1")),
        headers,
        None if row.get("to") is None else str(row["to"]),
        tls,
        length,
        bool(row.get("over_limits", False)),
    )


def _client(given: Any) -> str:
    """An IP address, or `unix:` for who comes over a socket of this machine."""
    if isinstance(given, str) and (given == "unix:" or _is_address(given)):
        return given
    raise BadUsage(f'the client must be an IP address, not "{given}".')


@lru_cache(maxsize=65536)
def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def split_url(url: str) -> tuple[str, str, str]:
    """Scheme, authority and request target; the target is everything after the authority, byte for byte."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise BadUsage(f'"{url}" is no URL that begins with http:// or https://.')
    end = min((index for index in map(rest.find, "/?#") if index >= 0), default=len(rest))
    authority = rest[:end].rpartition("@")[2]
    if not authority:
        raise BadUsage(f'"{url}" names no host.')
    if any(character <= " " for character in authority) or authority.count("[") != authority.count("]"):
        raise BadUsage(f'"{url}" names no valid host: another Host header is given with --header.')
    return scheme.lower(), authority, rest[end:] or "/"


def _headers(given: Any, authority: str) -> tuple[tuple[tuple[str, str], ...], str | None]:
    if given is None:
        return (), authority
    if not isinstance(given, dict):
        raise BadUsage("headers must be an object of names and values.")
    host: str | None = authority
    headers: list[tuple[str, str]] = []
    for name, value in given.items():
        if name.lower() == "host":
            host = None if value is None else str(value)
        elif isinstance(value, list):
            headers += [(name, str(item)) for item in value]
        elif value is not None:
            headers.append((name, str(value)))
    return tuple(headers), host


def _port_of(authority: str, scheme: str) -> int:
    _, colon, port = authority.rpartition(":")
    if colon and "]" not in port:
        if port.isascii() and port.isdigit() and 0 < int(port) < 65536:
            return int(port)
        if port:
            raise BadUsage(f'"{authority}" has no valid port.')
    return 443 if scheme == "https" else 80


def _tls(given: Any, scheme: str, authority: str) -> Tls | None:
    if scheme != "https":
        return None
    if given is None:
        return Tls(_host_name(authority))
    if not isinstance(given, dict) or given.get("client_certificate", "none") not in _CERTIFICATES:
        raise BadUsage(f"tls must be an object with sni and a client_certificate of {', '.join(_CERTIFICATES)}.")
    sni = given.get("sni", _host_name(authority))
    return Tls(None if sni is None else str(sni), given.get("client_certificate", "none"))


def _host_name(authority: str) -> str | None:
    """The name that a client puts into SNI: never an address."""
    if authority.startswith("["):
        return None
    host = authority.partition(":")[0]
    return None if host.replace(".", "").isdigit() else host
