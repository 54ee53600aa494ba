"""The URL of a `proxy_pass`, once its variables are in.

Truth: ngx_http_proxy_eval and ngx_http_proxy_set_vars, with ngx_parse_url in src/core/ngx_inet.c.
"""

from audit403.core.named_tuple import NamedTuple

_SCHEMES = (("http://", False, 80), ("https://", True, 443))


class Url(NamedTuple):
    """`uri` is what follows the authority, empty for nothing; a unix socket has a path in `unix` and no host."""

    tls: bool
    host: str
    port: int
    port_text: str
    host_header: str
    uri: str
    unix: str = ""


def proxy_url(text: str) -> Url | None:
    """The parts of a URL, or None where nginx answers 500 to one that was computed."""
    for scheme, tls, default in _SCHEMES:
        if text[: len(scheme)].lower() == scheme and len(text) > len(scheme):
            return _parse(text[len(scheme) :], tls, default)
    return None


def _parse(rest: str, tls: bool, default: int) -> Url | None:
    if rest[:5].lower() == "unix:":
        path, _, uri = rest[5:].partition(":")
        return Url(tls, "", default, "", "localhost", uri, path) if path else None
    end = min((found for found in (rest.find("/"), rest.find("?")) if found >= 0), default=len(rest))
    authority, uri = rest[:end], rest[end:]
    if uri.startswith("?"):
        uri = "/" + uri
    host, port = split_authority(authority)
    if not host or (port is not None and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535)):
        return None
    number = default if port is None else int(port)
    header = host if number == default else f"{host}:{port}"
    return Url(tls, host, number, str(number), header, uri)


def split_authority(authority: str) -> tuple[str, str | None]:
    """Host, with its brackets, and port as written; None for no port."""
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        return host + bracket, rest[1:] if rest.startswith(":") else None
    host, colon, port = authority.partition(":")
    return host, port if colon else None
