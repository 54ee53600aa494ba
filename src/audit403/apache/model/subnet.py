"""Networks as httpd takes them in `Require ip`, `Allow from` and their like.

Truth: apr_ipsubnet_create and apr_ipsubnet_test (network_io/unix/sockaddr.c of APR): one to three leading bytes stand
for what they begin (`10.1` is 10.1.0.0/16), a mask is a length or dotted, and an IPv4 network holds mapped addresses.
"""

from audit403.apache.model.config_error import ConfigError
from audit403.http.address import IPV4, IPV6, Address, Network, parse_plain


def parse_subnet(text: str, mask: str | None = None) -> Network | None:
    """The network that `text` with its mask names; None where it looks like no address at all.

    Raises ConfigError where the mask is none.
    """
    partial = None if ":" in text or mask is not None else _leading_bytes(text)
    if partial is not None:
        return partial
    address = parse_plain(text)
    if address is None:
        return None
    bits = 32 if address.family == IPV4 else 128
    if mask is None:
        return Network(address.family, address.number, bits)
    length = _length(mask, address.family, bits)
    shift = bits - length
    return Network(address.family, address.number >> shift << shift, length)


def contains(network: Network, address: Address) -> bool:
    """Whether an address lies in a network; one of IPv4 also holds IPv4 addresses inside IPv6."""
    return network.contains(address.unmapped() if network.family == IPV4 else address)


def _leading_bytes(text: str) -> Network | None:
    """`10`, `10.1`, `10.1.` or `10.1.2` as the network of all that begins so, `10.1.2.08` as an address."""
    parts = text.removesuffix(".").split(".")
    if (
        len(text) > len("255.255.255.255")
        or len(parts) > 4
        or not all(part.isascii() and part.isdigit() and int(part) < 256 for part in parts)
    ):
        return None
    number = 0
    for part in parts:
        number = number << 8 | int(part)
    prefix = 8 * len(parts)
    return Network(IPV4, number << (32 - prefix), prefix)


def _length(mask: str, family: str, bits: int) -> int:
    if mask.isascii() and mask.isdigit():
        length = int(mask)
        if not 0 < length <= bits:
            raise ConfigError("The specified network mask is invalid.")
        return length
    dotted = parse_plain(mask) if family != IPV6 else None
    if dotted is None or dotted.family != IPV4:
        raise ConfigError("The specified network mask is invalid.")
    length = bin(dotted.number).count("1")
    if dotted.number != (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF:
        raise ConfigError("The specified network mask is invalid.")
    return length
