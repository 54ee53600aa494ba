"""Addresses and networks, whichever way they were written.

How a text is read as one differs from server to server; here is only what an address is.
"""

from functools import lru_cache

from audit403.core.named_tuple import NamedTuple

UNIX = "unix"
IPV4 = "ipv4"
IPV6 = "ipv6"
_BITS = {IPV4: 32, IPV6: 128}
_MAPPED_PREFIX = 0xFFFF << 32
_MOST_TEXTS = 4_096


class Address(NamedTuple):
    """One client or server address; `number` is 0 for a unix socket."""

    family: str
    number: int

    def is_mapped(self) -> bool:
        """Whether this is an IPv4 address inside IPv6 (`::ffff:a.b.c.d`)."""
        return self.family == IPV6 and self.number >> 32 == 0xFFFF

    def unmapped(self) -> "Address":
        """The IPv4 address inside a mapped one; every other address as it is."""
        return Address(IPV4, self.number & 0xFFFFFFFF) if self.is_mapped() else self

    def mapped(self) -> "Address":
        """How an IPv4 client appears on an IPv6 socket that takes both."""
        return Address(IPV6, _MAPPED_PREFIX | self.number) if self.family == IPV4 else self

    def packed(self) -> bytes:
        """The address in network byte order; empty for a unix socket."""
        return b"" if self.family == UNIX else self.number.to_bytes(_BITS[self.family] // 8, "big")

    def text(self) -> str:
        """The address as nginx prints it in `$remote_addr`."""
        return _text(self)


@lru_cache(maxsize=_MOST_TEXTS)
def _text(address: Address) -> str:
    if address.family == UNIX:
        return "unix:"
    packed = address.packed()
    return ".".join(map(str, packed)) if address.family == IPV4 else _ipv6_text(packed)


def _ipv6_text(packed: bytes) -> str:
    """ngx_inet6_ntop, which writes more addresses with a dotted end than others do."""
    words = [packed[index] << 8 | packed[index + 1] for index in range(0, 16, 2)]
    start, length = -1, 1
    for index in range(8):
        run = next((offset for offset in range(8 - index) if words[index + offset]), 8 - index)
        if run > length:
            start, length = index, run
    dotted = start == 0 and (
        (length == 5 and words[5] == 0xFFFF) or length == 6 or (length == 7 and packed[14] != 0 and packed[15] != 1)
    )
    text = [f"{word:x}" for word in (words[:6] if dotted else words)]
    quad = [".".join(map(str, packed[12:]))] if dotted else []
    if start < 0:
        return ":".join(text)
    return ":".join(text[:start]) + "::" + ":".join([*text[start + length :], *quad])


class Network(NamedTuple):
    """A network as `allow`, `deny`, `geo` and `set_real_ip_from` take it; `number` is already masked."""

    family: str
    number: int
    prefix: int

    def contains(self, address: Address) -> bool:
        """Whether an address of the same family lies in this network."""
        if address.family != self.family:
            return False
        if self.family == UNIX:
            return True
        shift = _BITS[self.family] - self.prefix
        return address.number >> shift == self.number >> shift

    def text(self) -> str:
        """The network in CIDR notation."""
        if self.family == UNIX:
            return "unix:"
        return f"{Address(self.family, self.number).text()}/{self.prefix}"

    def shown(self) -> str:
        """The network as people write it: one address without its length."""
        text = self.text()
        return text.partition("/")[0] if self.prefix == _BITS.get(self.family) else text


UNIX_NETWORK = Network(UNIX, 0, 0)


def network_of(address: Address) -> Network:
    """The network that holds this one address."""
    return UNIX_NETWORK if address.family == UNIX else Network(address.family, address.number, _BITS[address.family])


@lru_cache(maxsize=4096)
def parse_plain(text: str) -> Address | None:
    """The address that inet_pton(3) makes of a text, or None."""
    from _socket import AF_INET, AF_INET6, inet_pton  # what socket has them from, which takes 3 ms to import

    try:
        if ":" in text:
            return Address(IPV6, int.from_bytes(inet_pton(AF_INET6, text), "big"))
        return Address(IPV4, int.from_bytes(inet_pton(AF_INET, text), "big"))
    except (OSError, ValueError):
        return None
