"""The client's address out of X-Forwarded-For and the like, behind trusted proxies.

Truth: ngx_http_get_forwarded_addr and ngx_parse_addr_port.
"""

from collections.abc import Sequence

from audit403.nginx.model.address import UNIX, Address, Network, parse_address


def forwarded_address(
    client: Address, values: Sequence[str], proxies: Sequence[Network], recursive: bool
) -> Address | None:
    """The address that the last header (with `recursive`: the last address that is no proxy) names, or None."""
    address: Address | None = None
    current = client
    for value in reversed(values):
        current, found, complete = _from_value(current, value, proxies, recursive)
        if found:
            address = current
        if not recursive or not complete:
            break
    return address


def parse_address_with_port(text: str) -> Address | None:
    """`192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; brackets without a port are no address."""
    if text.startswith("unix:"):
        return None
    plain = parse_address(text)
    if plain is not None:
        return plain
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or not rest.startswith(":"):
            return None
        port = rest[1:]
    else:
        host, colon, port = text.partition(":")
        if not colon:
            return None
    return parse_address(host) if _is_port(port) else None


def _is_port(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and 1 <= int(digits) <= 65535


def _from_value(client: Address, value: str, proxies: Sequence[Network], recursive: bool) -> tuple[Address, bool, bool]:
    current, found = client, False
    rest = value
    while True:
        if not _trusted(current, proxies):
            return current, found, False
        rest = rest[:1] + rest[1:].rstrip(" ,")
        start = 1 + max(rest.rfind(" ", 1), rest.rfind(",", 1)) if len(rest) > 1 else 0
        address = parse_address_with_port(rest[start:])
        if address is None:
            return current, found, False
        current, found = address, True
        if not recursive or start == 0:
            return current, True, True
        rest = rest[: start - 1]


def _trusted(address: Address, proxies: Sequence[Network]) -> bool:
    plain = address.unmapped()
    if plain.family == UNIX:
        return any(proxy.family == UNIX for proxy in proxies)
    return any(proxy.contains(plain) for proxy in proxies)
