"""By what a configuration shows that requests come through a proxy, and whether the visitor's address is restored.

ARCHITECTURE.md, "Deliberate or not", says why these signs count and others do not.
"""

import re
from collections.abc import Iterator
from functools import cache

from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import IPV6, Network, parse_network
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.map import Map
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket
from audit403.nginx.read.tree import Directive
from audit403_checks.networks import PRIVATE, THIS_MACHINE, lies_in

_SET_BY_PROXIES = re.compile(
    r"\$\{?(http_(?:x_forwarded_(?:proto|for|ssl|host|port|scheme)|x_real_ip|cf_\w+|true_client_ip|fastly_\w+"
    r"|x_amzn_\w+|x_azure_\w+|cloudfront_\w+|x_client_ip))\b"
)
_ONLY_WRITTEN_DOWN = ("log_format", "access_log", "add_header", "server", "location", "upstream", "include")
_PROXY_PROTOCOL = "proxy_protocol"


class Sign(NamedTuple):
    """One thing that shows a proxy, and the directive that it stands in.

    `beside` is the server block that knows the proxy, `header` the `real_ip_header` that names what no proxy sends.
    """

    text: str
    directive: Directive
    beside: Server | None = None
    header: Directive | None = None

    def because(self) -> Because:
        """The sign as a link of a chain."""
        return Because(self.directive.span, self.text)


def trusted_networks(context: Context) -> list[Network]:
    """The networks of the effective set_real_ip_from; host names are left out."""
    words = (directive.args[0] for directive in context.effective("set_real_ip_from") if directive.args)
    return [network for network in map(parse_network, words) if network is not None]


def unrestored(site: NginxSite, subject: Subject) -> Sign | None:
    """The sign that requests come through a proxy whose address is taken for the visitor's, if there is one."""
    context = subject.context or subject.server
    header = context.argument("real_ip_header", "X-Real-IP")
    trusts = context.effective("set_real_ip_from")
    speaks = _speaks_proxy_protocol(site, subject.server)
    if speaks is not None and (not trusts or context.last("real_ip_header") is None):
        return Sign("the connection comes from the balancer, which sends the visitor's address before it", speaks)
    if trusts and header == _PROXY_PROTOCOL and speaks is None:
        text = "trusts a proxy, whose address would come with PROXY protocol, and no socket speaks it"
        return Sign(text, trusts[0], header=context.last("real_ip_header"))
    if trusts:
        return None
    return next(_signs(site, subject.server), None)


def _speaks_proxy_protocol(site: NginxSite, server: Server) -> Directive | None:
    found = [
        listen.directive
        for socket in site.model.sockets
        if server in socket.servers
        for listen in socket.listens
        if listen.proxy_protocol and listen.directive is not None
    ]
    return found[0] if found else None


def _signs(site: NginxSite, server: Server) -> Iterator[Sign]:
    """Headers that proxies set, used by this server block; a balancer before its sockets, known from another one."""
    for directive in _directives(server):
        text = " ".join(directive.args)
        found = _SET_BY_PROXIES.search(text)
        if found is not None and "$remote_addr" not in text:
            yield Sign(f"uses ${found[1]}, which a proxy sets", directive)
        for name in re.findall(r"\$\{?(\w+)", text):
            definition = site.model.maps.get(name)
            sign = None if definition is None else _sign_of_map(definition)
            if sign is not None:
                yield sign
    for name in ("limit_req_zone", "limit_conn_zone", "proxy_set_header", "fastcgi_param"):
        for directive in site.model.http.own.get(name, ()):
            found = _SET_BY_PROXIES.search(" ".join(directive.args))
            if found is not None and "$remote_addr" not in " ".join(directive.args):
                yield Sign(f"uses ${found[1]}, which a proxy sets", directive)
    yield from _beside(site, server)


def _sign_of_map(definition: Map) -> Sign | None:
    """A map of such a header, unless it is made for requests without one too."""
    found = _SET_BY_PROXIES.search(definition.source.source)
    empty = definition.table.exact.get("")
    if found is None or (empty is not None and "$" in empty.value.source) or "$" in definition.default.value.source:
        return None
    return Sign(f"looks ${found[1]} up, which a proxy sets", definition.directive)


def _beside(site: NginxSite, server: Server) -> Iterator[Sign]:
    """Another server block behind the same socket that trusts a balancer of a private network."""
    for socket in site.model.sockets:
        if server in socket.servers and socket.listen.family != IPV6:
            yield from _told_of(socket)


@cache
def _told_of(socket: Socket) -> tuple[Sign, ...]:
    """The balancers that the server blocks of one socket trust, of which the first will do."""
    for server in socket.servers:
        for directive in server.own.get("set_real_ip_from", ()):
            network = parse_network(directive.args[0]) if directive.args else None
            if network is not None and lies_in(network, PRIVATE) and not lies_in(network, THIS_MACHINE):
                return (Sign(f"is a balancer that {server.first_name()} has on the same socket", directive, server),)
    return ()


def _directives(server: Server) -> Iterator[Directive]:
    pending: list[Server | Location] = [server]
    while pending:
        context = pending.pop()
        for name, directives in context.own.items():
            if name not in _ONLY_WRITTEN_DOWN:
                yield from directives
        pending += context.tree.all()
