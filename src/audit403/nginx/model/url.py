"""Addresses with ports as `listen`, `proxy_pass`, `resolver`, `server` and `syslog:` take them.

Truth: ngx_parse_url in src/core/ngx_inet.c.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address, parse_address
from audit403.nginx.model.numbers import parse_number

_LONGEST_PATH = 107
_LAST_PORT = 65535
_BESIDE_LETTERS = "._-%"


class InvalidUrl(ValueError):
    """nginx rejects it; the message is nginx's own, without what it stands in."""


class Url(NamedTuple):
    """`address` is None where `host` is a name that only DNS knows; `number` 0 is the wildcard.

    `port` is the default one where none is written (`has_port`); `last_port` ends a range of ports.
    """

    family: str
    host: str
    address: Address | None
    port: int
    last_port: int
    has_port: bool
    uri: str


def parse_url(text: str, default_port: int = 0, *, listen: bool = False, with_uri: bool = False) -> Url:
    """Read `text`; a range of ports and a lone port go only where nginx listens, a URI only where one may follow."""
    if text[:5].lower() == "unix:":
        return _unix(text[5:], with_uri)
    if text.startswith("["):
        return _inet6(text, default_port, listen, with_uri)
    return _inet(text, default_port, listen, with_uri)


def is_no_host(host: str) -> bool:
    """Whether no resolver can know this name: an impossible address, or a mark that no name holds."""
    parts = host.split(".")
    if len(parts) == 4 and all(part.isascii() and part.isdigit() for part in parts):
        return parse_address(host) is None
    return not host or any(mark.isascii() and not mark.isalnum() and mark not in _BESIDE_LETTERS for mark in host)


def _unix(path: str, with_uri: bool) -> Url:
    uri = ""
    if with_uri:
        path, _, uri = path.partition(":")
    if not path:
        raise InvalidUrl("no path in the unix domain socket")
    if len(path.encode("utf-8", "surrogateescape")) > _LONGEST_PATH:
        raise InvalidUrl("too long path in the unix domain socket")
    return Url(UNIX, path, Address(UNIX, 0), 0, 0, False, uri)


def _inet6(text: str, default_port: int, listen: bool, with_uri: bool) -> Url:
    inside, bracket, rest = text[1:].partition("]")
    if not bracket:
        raise InvalidUrl("invalid host")
    port_text, slash, uri = rest.partition("/")
    if slash and (listen or not with_uri):
        raise InvalidUrl("invalid host")
    port, last = default_port, 0
    if port_text:
        if not port_text.startswith(":"):
            raise InvalidUrl("invalid host")
        port, last = _ports(port_text[1:], listen)
    if not inside:
        raise InvalidUrl("no host")
    address = parse_address(inside)
    if address is None or address.family != IPV6:
        raise InvalidUrl("invalid IPv6 address")
    return Url(IPV6, f"[{inside}]", address, port, last or port, bool(port_text), slash + uri)


def _inet(text: str, default_port: int, listen: bool, with_uri: bool) -> Url:
    host, uri = text, ""
    start = min((at for at in (text.find("/"), text.find("?")) if at >= 0), default=-1)
    if start >= 0:
        if listen or not with_uri:
            raise InvalidUrl("invalid host")
        host, uri = text[:start], text[start:]
    host, colon, port_text = host.partition(":")
    port, last = default_port, 0
    if colon:
        port, last = _ports(port_text, listen)
    elif listen:
        alone = _port_alone(host)
        if alone is not None:
            return Url(IPV4, "", Address(IPV4, 0), *alone, True, "")
    if not host:
        raise InvalidUrl("no host")
    if listen and host == "*":
        return Url(IPV4, host, Address(IPV4, 0), port, last or port, bool(colon), uri)
    address = parse_address(host)
    if address is not None and address.family != IPV4:
        address = None
    return Url(IPV4 if address else "", host, address, port, last or port, bool(colon), uri)


def _ports(text: str, listen: bool) -> tuple[int, int]:
    """The port, and the last one of a range or 0."""
    first, dash, end = text.partition("-") if listen else (text, "", "")
    last = _port(end) if dash else 0
    port = _port(first)
    if last and port > last:
        raise InvalidUrl("invalid port range")
    return port, last


def _port(text: str) -> int:
    number = parse_number(text)
    if number is None or not 1 <= number <= _LAST_PORT:
        raise InvalidUrl("invalid port")
    return number


def _port_alone(text: str) -> tuple[int, int] | None:
    """`8080` or `8080-8090`; None when it is no number, and so a host."""
    first, dash, end = text.partition("-")
    if parse_number(first) is None or (dash and parse_number(end) is None):
        return None
    port, last = _ports(text, True)
    return port, last or port
