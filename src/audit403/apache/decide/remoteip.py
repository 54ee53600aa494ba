"""mod_remoteip: the client's address out of a header that a trusted proxy has written.

Truth: remoteip_modify_request in modules/metadata/mod_remoteip.c. Where the PROXY protocol is on, its header has told
the client's address already, and RemoteIPHeader is not looked at.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.hosts import ip_text, resolved
from audit403.apache.decide.outcome import DECLINED, OK
from audit403.apache.decide.text_file import lines_of
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.remoteip import LISTS, REMOTEIP, Proxy, RemoteIpServer, proxy_of
from audit403.apache.model.subnet import contains
from audit403.apache.read.words import values_of
from audit403.core.decision import REASON_FILE, REASON_HOST, Missing
from audit403.core.open_question import Undecided, Unknown
from audit403.core.source import latin
from audit403.http.address import IPV4, IPV6, Address, Network

_NOTHING = RemoteIpServer()
_PRIVATE = (
    Network(IPV4, 10 << 24, 8),
    Network(IPV4, 127 << 24, 8),
    Network(IPV4, 0xA9FE0000, 16),
    Network(IPV4, 0xAC100000, 12),
    Network(IPV4, 0xC0A80000, 16),
)
_GLOBAL = Network(IPV6, 1 << 125, 3)


def modify_request(exchange: Exchange) -> int:
    """Find the client's address behind the proxies."""
    config: RemoteIpServer = exchange.server.slots.get(REMOTEIP, _NOTHING)
    if config.proxy_protocol and not any(contains(one, exchange.connection.client) for one in config.exceptions):
        exchange.step("request", "the client's address comes with the PROXY protocol")
        return OK
    if config.header is None or config.header_directive is None:
        return DECLINED
    remote = exchange.header(config.header)
    if remote is None:
        return OK
    if isinstance(remote, Unknown):
        raise Undecided(remote.missing)
    _Walk(exchange, config).back_from(remote, config.header)
    return OK


class _Walk:
    """The way back through the addresses of the header, from the last to the first."""

    def __init__(self, exchange: Exchange, config: RemoteIpServer) -> None:
        self.exchange = exchange
        self.config = config
        self.proxies = _read_lists(exchange, config.proxies)
        self.internal = self.proxies is not None
        self.where = None if config.header_directive is None else config.header_directive.span

    def back_from(self, value: str, header: str) -> None:
        """Go back as far as each address is a proxy that is believed."""
        exchange = self.exchange
        address = exchange.client
        remote: str | None = value
        text = ip_text(address)
        found: Address | None = None
        passed: list[str] = []
        while remote is not None:
            if not self._believes(address):
                break
            rest, comma, last = remote.rpartition(",")
            last = last.strip(" ")
            if not last:
                break
            next_one = resolved(last)
            if isinstance(next_one, Unknown):
                raise Undecided(next_one.missing)
            next_one = None if next_one is None else next_one.unmapped()
            if next_one is None or (not self.internal and _is_private(next_one)):
                exchange.step("request", f"{header} {last} is no address that this proxy may tell", self.where)
                break
            remote = rest if comma else None
            if not self.internal:
                passed.append(text)
            found = address = next_one
            text = ip_text(address)
        if found is None:
            return
        if remote is None:
            exchange.headers.unset(header)
        else:
            exchange.headers.set(header, remote)
        if passed:
            exchange.notes["remoteip-proxy-ip-list"] = ", ".join(passed)
            if self.config.proxies_header is not None:
                exchange.headers.set(self.config.proxies_header, ", ".join(passed))
        exchange.client = found.unmapped()
        exchange.step("request", f"{header}: the client is {text}", self.where)

    def _believes(self, address: Address) -> bool:
        """Whether an address is one of the proxies; without a list of them any is."""
        if not self.proxies:
            return True
        for proxy in self.proxies:
            where = proxy.directive.span
            if proxy.network is None:
                met = self.exchange.ask(Missing(REASON_HOST, proxy.word))
            else:
                met = contains(proxy.network, address)
            text = f"{proxy.directive.written} {proxy.word}"
            self.exchange.step("request", text, where, met, "connection-client", "in-network", proxy.word)
            if met:
                if self.internal:
                    self.internal = proxy.internal
                return True
        return False


def _is_private(address: Address) -> bool:
    if address.family == IPV4:
        return any(network.contains(address) for network in _PRIVATE)
    return not _GLOBAL.contains(address)


def _read_lists(exchange: Exchange, proxies: tuple[Proxy, ...] | None) -> tuple[Proxy, ...] | None:
    """The proxies with those of the lists, which are read once."""
    if proxies is None or not any(proxy.directive.name in LISTS for proxy in proxies):
        return proxies
    kept: dict[tuple[Proxy, ...], tuple[Proxy, ...]] = exchange.evaluator.kept.setdefault(REMOTEIP, {})
    if proxies not in kept:
        found: list[Proxy] = []
        for proxy in proxies:
            found += _listed(exchange, proxy) if proxy.directive.name in LISTS else [proxy]
        kept[proxies] = tuple(found)
    return kept[proxies]


def _listed(exchange: Exchange, entry: Proxy) -> list[Proxy]:
    data = exchange.evaluator.evidence.read(entry.word)
    if not isinstance(data, bytes):
        raise Undecided(Missing(REASON_FILE, entry.word))
    found: list[Proxy] = []
    for line in lines_of(data):
        for word in values_of(latin(line)):
            if word.startswith("#"):
                break
            try:
                found.append(proxy_of(word, entry.internal, entry.directive))
            except ConfigError:
                continue
    return found
