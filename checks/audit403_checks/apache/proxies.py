"""By what an Apache configuration shows that requests come through a proxy whose address is taken for the visitor's.

ARCHITECTURE.md, "Deliberate or not", says why these signs count and others do not.
"""

import re
from collections.abc import Iterator

from audit403.apache.explore.doors import Door
from audit403.apache.explore.subject import Subject
from audit403.apache.model.remoteip import REMOTEIP, RemoteIpServer
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.core.source import every_directive
from audit403.http.address import network_of, parse_plain
from audit403_checks.networks import THIS_MACHINE, lies_in

_SET_BY_PROXIES = re.compile(
    r"\b(x-forwarded-(?:proto|for|ssl|host|port|scheme)|x-real-ip|cf-(?:connecting-ip|ipcountry|ray|visitor)"
    r"|true-client-ip|fastly-[\w-]+|x-amzn-[\w-]+|x-azure-[\w-]+|cloudfront-[\w-]+|x-client-ip|x-cluster-client-ip)\b",
    re.IGNORECASE,
)
_TESTS = frozenset(
    ("setenvif", "setenvifnocase", "setenvifexpr", "rewritecond", "rewriterule", "<if", "<elseif", "require")
)
_OWN_TLS = ("%{https}", "%{server_port}", "%{request_scheme}")
_UNLESS = "env=!"
_IS_DIRECT = re.compile(r"%(?:\{c\})?[ah]", re.IGNORECASE)


class Sign(NamedTuple):
    """One thing that shows a proxy, and the directive that it stands in.

    With `is_local` the proxy is one of this machine; `is_sure` where something is written for a proxy, and not only
    sockets that nobody else can reach, which are also what somebody tries out a configuration with.
    """

    text: str
    directive: Directive
    is_local: bool = False
    is_sure: bool = True

    def because(self) -> Because:
        """The sign as a link of a chain."""
        return Because(self.directive.span, self.text)


def remote_ip(subject: Subject) -> RemoteIpServer:
    """What mod_remoteip is told for the server."""
    found: RemoteIpServer = subject.server.slots.get(REMOTEIP, RemoteIpServer())
    return found


def sign_of_proxy(site: ApacheSite, subject: Subject, doors: list[Door]) -> Sign | None:
    """The sign that requests come through a proxy whose address is taken for the visitor's, if there is one."""
    config = remote_ip(subject)
    if config.proxy_protocol:
        return None
    is_local = bool(doors) and all(map(_is_of_this_machine, doors))
    written = None if config.header is not None else next(_signs(site, subject), None)
    if written is not None:
        return written._replace(is_local=is_local)
    if not is_local:
        return None
    # Nobody needs the module without a proxy; distributions load it, but do not take loopback's connections alone.
    is_sure = config.header is None and site.model.has("remoteip") and not site.model.process.lenient
    text = "takes connections of this machine only: visitors come through a proxy"
    return Sign(text, doors[0].listen.directive, True, is_sure)


def _is_of_this_machine(door: Door) -> bool:
    address = door.listen.address if door.to is None else parse_plain(door.to)
    return address is not None and bool(address.number) and lies_in(network_of(address.unmapped()), THIS_MACHINE)


def _signs(site: ApacheSite, subject: Subject) -> Iterator[Sign]:
    """Headers that proxies set, looked at by this server or by an `.htaccess` on the way."""
    directives = list(_directives(site, subject))
    words = (word.lower() for one in directives if one.name == "customlog" for word in one.args)
    optional = {word[len(_UNLESS) :] for word in words if word.startswith(_UNLESS)}
    for directive in directives:
        found = _SET_BY_PROXIES.search(directive.raw) if directive.name in _TESTS else None
        if found is None or _also_without(directive, directives, optional):
            continue
        yield Sign(f"looks at {found[1]}, which a proxy sets", directive)
    yield from _logged(directives)


def _also_without(directive: Directive, directives: list[Directive], optional: set[str]) -> bool:
    """Whether a line is made for requests without a proxy as well."""
    if directive.name in ("rewritecond", "rewriterule"):
        beside = (one for one in directives if one.name == "rewritecond" and one.parent is directive.parent)
        return any(any(word in one.raw.lower() for word in _OWN_TLS) for one in beside)
    return any(word.lower().partition("=")[0] in optional for word in directive.args)


def _logged(directives: list[Directive]) -> Iterator[Sign]:
    """A log that has the proxy's word in the place of the client's address."""
    formats = {one.args[-1]: one for one in directives if one.name == "logformat" and len(one.args) > 1}
    for one in directives:
        if one.name in ("customlog", "transferlog") and len(one.args) == 2:
            written = formats.get(one.args[1])
            text = one.args[1] if written is None else written.args[0]
            found = _SET_BY_PROXIES.search(text)
            if found is not None and not _IS_DIRECT.search(text):
                yield Sign(f"logs {found[1]}, which a proxy sets, for the client's address", written or one)


def _directives(site: ApacheSite, subject: Subject) -> Iterator[Directive]:
    """What stands in the server itself, in what holds for all of them, and in the `.htaccess` files on the way."""
    own = subject.server.directive
    if own is not None:
        yield from every_directive(own.block or [])
    yield from (one for one in every_directive(list(_of_the_main_server(site))))
    for place in subject.access_files:
        yield from every_directive(site.evaluator.access_files.parsed(place.path).directives)


def _of_the_main_server(site: ApacheSite) -> Iterator[Directive]:
    return (one for one in site.configuration.directives if one.name != "<virtualhost")
