"""What an ordinary client looks like and asks for, and whom else a configuration may mean.

The addresses are those that RFC 5737 and RFC 3849 set aside for documentation: no configuration names them by chance.
"""

CLIENT_IPV4 = "203.0.113.9"
CLIENT_IPV6 = "2001:db8::9"
CLIENT_PRIVATE_IPV6 = "fd00::5"
CLIENTS = (
    CLIENT_IPV4,
    CLIENT_IPV6,
    "10.0.0.5",
    "192.168.1.5",
    "172.16.0.5",
    "127.0.0.1",
    "198.51.100.7",
    CLIENT_PRIVATE_IPV6,
    "::1",
)
"""Addresses of every kind that configurations speak of, the most ordinary first."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
UNKNOWN_HOST = "unknown.example"
CHALLENGE = "/.well-known/acme-challenge/token"
PROBE = "audit403-probe"
"""What a certificate authority asks for, and the name of a file that nobody has."""
_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*,;=:@/"
_SAFE_TEXT = frozenset(_SAFE.decode())


def quoted(path: str) -> str:
    """A path as it stands in a request line."""
    if _SAFE_TEXT.issuperset(path):
        return path
    data = path.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in data)
