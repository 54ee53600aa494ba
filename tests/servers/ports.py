"""Free ports on the loopback addresses."""

from __future__ import annotations

import random
import socket
from functools import cache

# Below the kernel's ephemeral range (from 32768): no client's own port can take one between finding and binding.
LOW, HIGH = 10_000, 32_000
_random = random.SystemRandom()


@cache
def has_ipv6() -> bool:
    """Whether `::1` can be bound here."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _free(port: int) -> bool:
    families = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if has_ipv6() else [])
    for family, address in families:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_ports(count: int) -> list[int]:
    """`count` different ports that are free on 127.0.0.1 and on ::1.

    Picked at random, because several test processes look at the same time.
    """
    found: list[int] = []
    while len(found) < count:
        port = _random.randrange(LOW, HIGH)
        if port not in found and _free(port):
            found.append(port)
    return found


def free_port() -> int:
    """One free port."""
    return free_ports(1)[0]
