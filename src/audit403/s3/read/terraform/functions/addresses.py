"""Functions of networks.

Truth: https://developer.hashicorp.com/terraform/language/functions, "IP Network Functions".
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue
from audit403.s3.read.terraform.functions.arguments import has_hole, text, whole
from audit403.s3.read.value import Value


def _network(value: Value) -> IPv4Network | IPv6Network:
    if "/" not in text(value):
        raise NoValue("no network")
    return ip_network(text(value), strict=False)


def _host(prefix: Value, number: Value) -> Any:
    if has_hole(prefix):
        return NotImplemented
    return str(_network(prefix)[whole(number)])


def _netmask(prefix: Value) -> Any:
    if has_hole(prefix):
        return NotImplemented
    found = _network(prefix)
    if found.version != 4:
        raise NoValue("no mask")
    return str(found.netmask)


def _subnet(prefix: Value, more_bits: Value, number: Value) -> Any:
    if has_hole(prefix):
        return NotImplemented
    found, bits = _network(prefix), whole(more_bits)
    length = found.prefixlen + bits
    if bits < 0 or length > found.max_prefixlen or not 0 <= whole(number) < 1 << bits:
        raise NoValue("no such subnet")
    first = int(found.network_address) + (whole(number) << (found.max_prefixlen - length))
    kind = IPv4Network if found.version == 4 else IPv6Network
    return str(kind((first, length)))


FUNCTIONS: dict[str, Callable[..., Any]] = {"cidrhost": _host, "cidrnetmask": _netmask, "cidrsubnet": _subnet}
