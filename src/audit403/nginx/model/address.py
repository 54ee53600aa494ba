"""Addresses and networks as nginx reads them.

Truth: ngx_ptocidr, ngx_inet_addr and ngx_inet6_addr in src/core/ngx_inet.c.
"""

from functools import lru_cache

from audit403.http.address import IPV4, IPV6, UNIX, UNIX_NETWORK, Address, Network, network_of

__all__ = ["IPV4", "IPV6", "UNIX", "UNIX_NETWORK", "Address", "Network", "network_of", "parse_address", "parse_network"]

_BITS = {IPV4: 32, IPV6: 128}
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """The address that `text` names, or None: nginx's own reading, which is not always the system's."""
    if text == "unix:" or text.startswith("unix:/"):
        return Address(UNIX, 0)
    number = _parse_ipv4(text)
    if number is not None:
        return Address(IPV4, number)
    number = _parse_ipv6(text)
    return None if number is None else Address(IPV6, number)


def _parse_ipv4(text: str) -> int | None:
    """Four numbers below 256, any of which may be empty; all ones is what nginx takes for a failure."""
    parts = text.split(".")
    if len(parts) != 4:
        return None
    number = 0
    for part in parts:
        if part and not (part.isascii() and part.isdigit() and int(part) <= 255):
            return None
        number = number << 8 | int(part or "0")
    return None if number == 0xFFFFFFFF else number


def _parse_ipv6(text: str) -> int | None:
    """ngx_inet6_addr: a colon at the very beginning counts for nothing, one at the very end after `::` is a zero."""
    words: list[int] = []
    gap: int | None = None
    group = ""
    for position, character in enumerate(text):
        if character == ":" and position == 0:
            continue
        if character == ":":
            if group:
                words.append(int(group, 16))
                if len(words) == 8:
                    return None
            elif gap is None:
                gap = len(words)
            else:
                return None
            group = ""
        elif character == "." and group:
            quad = _parse_ipv4(text.rpartition(":")[2])
            if quad is None or len(words) > 6 or not (words or gap is not None):
                return None
            words.append(quad >> 16)
            group = f"{quad & 0xFFFF:x}"
            break
        elif character in _HEXADECIMAL and len(group) < 4:
            group += character
        else:
            return None
    if not group and gap is None:
        return None
    words.append(int(group or "0", 16))
    if (len(words) == 8) != (gap is None):
        return None
    if gap is not None:
        words[gap:gap] = [0] * (8 - len(words))
    return int.from_bytes(b"".join(word.to_bytes(2, "big") for word in words), "big")


def parse_network(text: str) -> Network | None:
    """The network that `text` names (`10.0.0.0/8`, `::1`, `unix:`), or None when nginx rejects it."""
    if text == "unix:":
        return UNIX_NETWORK
    base, slash, length = text.partition("/")
    address = parse_address(base)
    if address is None or address.family == UNIX:
        return None
    bits = _BITS[address.family]
    prefix = bits
    if slash:
        if not length.isascii() or not length.isdigit() or int(length) > bits:
            return None
        prefix = int(length)
    shift = bits - prefix
    return Network(address.family, address.number >> shift << shift, prefix)
