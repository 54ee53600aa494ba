"""What kind of network a list names: this machine's own, a private one, or one of the internet."""

from audit403.http.address import IPV4, IPV6, Network, parse_plain


def _network(text: str) -> Network:
    base, _, length = text.partition("/")
    address = parse_plain(base)
    assert address is not None
    return Network(address.family, address.number, int(length or (32 if address.family == IPV4 else 128)))


THIS_MACHINE = tuple(map(_network, ("127.0.0.0/8", "::1")))
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10")
PRIVATE = tuple(map(_network, _PRIVATE))
LOOPBACK_IPV6 = "::1"
UNIQUE_LOCAL_IPV6 = "fc00::/7"
"""Unique local addresses, which are to IPv6 what those three are to IPv4 (RFC 4193, RFC 1918)."""
_WHOLE = tuple(map(_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def lies_in(network: Network, among: tuple[Network, ...]) -> bool:
    """Whether a network lies in one of some others."""
    return any(
        other.family == network.family
        and other.prefix <= network.prefix
        and network.number >> _bits(other) - other.prefix == other.number >> _bits(other) - other.prefix
        for other in among
    )


def is_public(network: Network) -> bool:
    """Whether somebody on the internet may have an address of the network."""
    return network.family == IPV4 and network.prefix > 0 and not lies_in(network, (*PRIVATE, *THIS_MACHINE))


def are_the_private_ones(named: list[Network]) -> bool:
    """Whether a list means private networks as such: one of them whole, and no public one."""
    return any(network in _WHOLE for network in named) and all(lies_in(network, PRIVATE) for network in named)


def _bits(network: Network) -> int:
    return 128 if network.family == IPV6 else 32
