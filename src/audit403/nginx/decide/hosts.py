"""Addresses of host names in a configuration, as far as the host's own /etc/hosts has them.

nginx asks getaddrinfo(3) when it starts; what a name server would say is not evidence.
"""

from audit403.evidence.interface import Evidence
from audit403.nginx.model.address import IPV4, IPV6, Address, parse_address

_FILE = "/etc/hosts"
_LOCALHOST = (Address(IPV4, 0x7F000001), Address(IPV6, 1))


def addresses_of(evidence: Evidence, name: str) -> tuple[Address, ...]:
    """What the name stands for; nothing when the hosts file does not say, but for localhost."""
    content = evidence.read(_FILE)
    found: list[Address] = []
    if isinstance(content, bytes):
        for line in content.decode("utf-8", "surrogateescape").splitlines():
            words = line.partition("#")[0].split()
            address = parse_address(words[0]) if words else None
            if address is not None and name.lower() in (word.lower() for word in words[1:]):
                found.append(address)
    return tuple(found) or (_LOCALHOST if name.lower() == "localhost" else ())
