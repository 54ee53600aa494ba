"""RemoteIPHeader and who is believed.

Truth: the configuration half of modules/metadata/mod_remoteip.c.
"""

import re

from audit403.apache.model.builder import Builder, Handler, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.subnet import parse_subnet
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple
from audit403.http.address import Network

REMOTEIP = "remoteip"
_NUMBERS = re.compile(r"[.0-9]*\Z")


class Proxy(NamedTuple):
    """A network whose word is taken; an internal one's for any address, another's for public ones only.

    `network` None: a name, which only the DNS knows.
    """

    network: Network | None
    internal: bool
    word: str
    directive: Directive


class RemoteIpServer(NamedTuple):
    """A server's settings; `lists` are files with more proxies, read when the first request comes."""

    header: str | None = None
    header_directive: Directive | None = None
    proxies_header: str | None = None
    proxies: tuple[Proxy, ...] | None = None
    proxy_protocol: bool | None = None
    exceptions: tuple[Network, ...] = ()

    def merged(self, new: "RemoteIpServer") -> "RemoteIpServer":
        """The main server's with a virtual host's laid over it; its proxies come first."""
        return RemoteIpServer(
            self.header if new.header is None else new.header,
            self.header_directive if new.header is None else new.header_directive,
            self.proxies_header if new.proxies_header is None else new.proxies_header,
            self.proxies if new.proxies is None else new.proxies + (self.proxies or ()),
            self.proxy_protocol if new.proxy_protocol is None else new.proxy_protocol,
            self.exceptions + new.exceptions,
        )


def _config(builder: Builder) -> RemoteIpServer:
    found: RemoteIpServer = builder.server_slot(REMOTEIP, RemoteIpServer())
    return found


def _header(builder: Builder, directive: Directive) -> None:
    config = _config(builder)._replace(header=only_word(directive), header_directive=directive)
    builder.set_server_slot(REMOTEIP, config)


def _proxies_header(builder: Builder, directive: Directive) -> None:
    builder.set_server_slot(REMOTEIP, _config(builder)._replace(proxies_header=only_word(directive)))


def _proxies(builder: Builder, directive: Directive) -> None:
    internal = directive.name == "remoteipinternalproxy"
    config = _config(builder)
    found = tuple(proxy_of(word, internal, directive) for word in directive.args)
    builder.set_server_slot(REMOTEIP, config._replace(proxies=(config.proxies or ()) + found))


def proxy_of(word: str, internal: bool, directive: Directive) -> Proxy:
    """The proxy that a word names. Raises ConfigError with httpd's words."""
    base, slash, mask = word.partition("/")
    network = None
    if ":" in base or _NUMBERS.match(base):
        network = parse_subnet(base, mask if slash else None)
        if network is None:
            raise ConfigError(f"RemoteIP: Error parsing IP {word} (The specified IP address is invalid. error)")
    elif slash:
        raise ConfigError(f"RemoteIP: Error parsing IP {word} the subnet /{mask} is invalid for {directive.written}")
    return Proxy(network, internal, word, directive)


def _protocol(builder: Builder, directive: Directive) -> None:
    builder.set_server_slot(REMOTEIP, _config(builder)._replace(proxy_protocol=flag(directive)))


def _exceptions(builder: Builder, directive: Directive) -> None:
    found: list[Network] = []
    for word in directive.args:
        base, slash, mask = word.partition("/")
        network = parse_subnet(base, mask if slash else None)
        if network is None:
            raise ConfigError(f"ip address '{base}' appears to be invalid")
        found.append(network)
    config = _config(builder)
    builder.set_server_slot(REMOTEIP, config._replace(exceptions=(*config.exceptions, *found)))


def _list(builder: Builder, directive: Directive) -> None:
    """A file of proxies is an entry of its own, which stands for what is in it."""
    internal = directive.name == "remoteipinternalproxylist"
    path = only_word(directive)
    if builder.server is not None:
        path = builder.server.rooted(path)
    config = _config(builder)
    entry = Proxy(None, internal, path, directive)
    builder.set_server_slot(REMOTEIP, config._replace(proxies=(*(config.proxies or ()), entry)))


LISTS = ("remoteipinternalproxylist", "remoteiptrustedproxylist")
DIRECTIVES: dict[str, Handler] = {
    "remoteipheader": _header,
    "remoteipproxiesheader": _proxies_header,
    "remoteipinternalproxy": _proxies,
    "remoteiptrustedproxy": _proxies,
    **dict.fromkeys(LISTS, _list),
    "remoteipproxyprotocol": _protocol,
    "remoteipproxyprotocolexceptions": _exceptions,
}
