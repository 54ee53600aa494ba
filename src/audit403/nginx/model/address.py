"""Addresses and networks as nginx reads and compares them.

Truth: ngx_ptocidr, ngx_inet_addr, ngx_inet6_addr and ngx_inet6_ntop in src/core/ngx_inet.c.
"""

from functools import lru_cache

from audit403.core.named_tuple import NamedTuple

UNIX = "unix"
IPV4 = "ipv4"
IPV6 = "ipv6"
_BITS = {IPV4: 32, IPV6: 128}
_MAPPED_PREFIX = 0xFFFF << 32
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


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
        if self.family == UNIX:
            return "unix:"
        packed = self.packed()
        return ".".join(map(str, packed)) if self.family == IPV4 else _ipv6_text(packed)


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


UNIX_NETWORK = Network(UNIX, 0, 0)


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


def network_of(address: Address) -> Network:
    """The network that holds this one address."""
    return UNIX_NETWORK if address.family == UNIX else Network(address.family, address.number, _BITS[address.family])


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
