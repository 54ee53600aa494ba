"""The addresses behind a `proxy_pass` and its kin: straight, or through an upstream block.

Truth: ngx_http_upstream_server in src/http/ngx_http_upstream.c and ngx_http_upstream_init_round_robin.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.nginx.decide.choose_server import choose_socket
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.hosts import addresses_of
from audit403.nginx.decide.proxy_url import Url, split_authority
from audit403.nginx.model.address import IPV4, IPV6, UNIX, Address, parse_address
from audit403.nginx.read.tree import Directive

_LOOPBACK = {IPV4: Address(IPV4, 0x7F000001), IPV6: Address(IPV6, 1)}
_DEFAULT_PORT = "80"


class Peer(NamedTuple):
    """One address of this machine that nginx connects to; a unix socket has a path and no port."""

    address: Address
    port: int
    path: str = ""

    def label(self) -> str:
        """The address as nginx writes it."""
        if self.path:
            return f"unix:{self.path}"
        text = self.address.text()
        return f"[{text}]:{self.port}" if self.address.family == IPV6 else f"{text}:{self.port}"

    def to(self) -> str:
        """The server address, as a request has it."""
        return f"unix:{self.path}" if self.path else self.address.text()

    def client(self) -> str:
        """Where a connection to a loopback address comes from."""
        return "unix:" if self.path else _LOOPBACK[self.address.family].text()


def peers_of(exchange: Exchange, url: Url) -> list[Peer]:
    """Every peer that may answer; none when one of them is not an address of this machine that can be told."""
    if url.unix:
        return [Peer(Address(UNIX, 0), 0, url.unix)]
    upstream = exchange.evaluator.model.upstream(url.host)
    return _addresses(exchange, url.host, url.port) if upstream is None else members_of(exchange, upstream)


def members_of(exchange: Exchange, upstream: Directive) -> list[Peer]:
    """Every peer of an upstream block that may answer; none when one of them is not an address of this machine."""
    found: list[Peer] = []
    for line in exchange.evaluator.model.configuration.expand(list(upstream.block or ())):
        if line.name != "server" or not line.args or "down" in line.args or "backup" in line.args:
            continue
        if line.args[0].startswith("unix:"):
            peers = [Peer(Address(UNIX, 0), 0, line.args[0][5:])]
        else:
            host, port = split_authority(line.args[0])
            text = _DEFAULT_PORT if port is None else port
            peers = _addresses(exchange, host, int(text)) if text.isascii() and text.isdigit() else []
        if not peers:
            return []
        found += peers
    return found


def _addresses(exchange: Exchange, host: str, port: int) -> list[Peer]:
    address = parse_address(host.strip("[]"))
    if address is not None and address.family == UNIX:
        return []
    found = (address,) if address is not None else addresses_of(exchange.evaluator.evidence, host)
    local = [each.number >> 24 == 127 if each.family == IPV4 else each == _LOOPBACK[IPV6] for each in found]
    return [Peer(each, port) for each in found] if all(local) else []


def reaches(exchange: Exchange, peer: Peer) -> bool:
    """Whether this nginx itself listens there."""
    probe = Request("GET", "http", None, peer.port, "/", peer.client(), (), peer.to())
    client = Address(UNIX, 0) if peer.path else _LOOPBACK[peer.address.family]
    return choose_socket(exchange.evaluator.model, probe, client) is not None
