"""A list lets IPv4 addresses in and no IPv6 address, where the server takes connections over IPv6 too."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.audience import named_networks
from audit403.apache.explore.doors import Door, from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.decision import REFUSED
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import ASSUMED, Because
from audit403.core.registry import check
from audit403.explore.ordinary import CLIENT_IPV6, CLIENT_PRIVATE_IPV6
from audit403.http.address import IPV6, Address, Network, parse_plain
from audit403_checks.apache.clients import doors_of, let_in
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.networks import (
    LOOPBACK_IPV6,
    THIS_MACHINE,
    UNIQUE_LOCAL_IPV6,
    are_the_private_ones,
    is_public,
    lies_in,
)
from audit403_checks.probes import PROBES
from audit403_checks.support import finding_of, replace

_NAME = "apache/allow-list-without-ipv6"


@check(WARNING, "require", "access-compat")
def allow_list_without_ipv6(fact: Fact, site: Site) -> Iterator[Finding]:
    """This machine is 127.0.0.1 and ::1, whoever else is named may have no IPv6 at all: a note."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    known = named_networks(subject)
    if not known or any(network.family == IPV6 for network in known):
        return
    doors = doors_of(site, subject)
    door = next((one for one in doors if one.takes(IPV6) and one.port == refusal.witness.port), None)
    named = list(let_in(refusal, subject, site, doors)) if door is not None else []
    if door is None or not named or any(not network.prefix for network in named):
        return
    if door.listen.directive.source.path == ASSUMED:
        return  # of a file without its server nobody knows what it listens on
    own = [network for network in named if lies_in(network, THIS_MACHINE)]
    others = [network for network in named if network not in own]
    if _is_of_this_machine(door):
        named = own
    elif not _is_reached_as_localhost(door):
        named, own = others, []
    if not named:
        return
    private = not own and are_the_private_ones(named)
    client = LOOPBACK_IPV6 if own else CLIENT_PRIVATE_IPV6 if private else CLIENT_IPV6
    request = from_client(refusal.witness, client, doors)
    decision = None if request is None else site.decide(request)
    if decision is None or decision.verdict != REFUSED or decision.where != refusal.where:
        return
    line = _line(subject, own[0] if own else named[0])
    place = _label(line)
    in_access_file = line is not None and line.source.path in site.evaluator.access_files.sources()
    severity, message = _judged(place, subject, named, own, door, in_access_file)
    because = (*decision.because, Because(door.listen.directive.span, "takes IPv6 clients"))
    finding = finding_of(_NAME, severity, message, refusal, (_fix(line, bool(own), private),), anchor=place)
    yield finding._replace(request=request, who="IPv6 clients", because=because, log=decision.log)


def _judged(
    place: str,
    subject: Subject,
    named: list[Network],
    own: list[Network],
    door: Door,
    in_access_file: bool,
) -> tuple[str, str]:
    socket = f"{door.listen.directive.written} {door.listen.directive.raw}"
    if own and (len(own) == len(named) or _is_probe(subject)):
        is_certain = not in_access_file or _is_probe(subject)
        message = f"{place} lets this machine in as 127.0.0.1 and not as ::1, which `localhost` may well be"
        return (WARNING if is_certain else NOTE), message
    is_said = door.listen.address is not None or door.to is not None
    message = f"{place} lets in IPv4 addresses only, and with `{socket}` the server takes IPv6, too"
    return (WARNING if is_said and any(map(is_public, named)) else NOTE), message


def _is_of_this_machine(door: Door) -> bool:
    address = _address(door)
    return address is not None and address.text() == LOOPBACK_IPV6


def _is_reached_as_localhost(door: Door) -> bool:
    """Whether a door is at every address; who comes to one of the network's has that for an address, not ::1."""
    address = _address(door)
    return address is None or not address.number


def _address(door: Door) -> Address | None:
    return door.listen.address if door.to is None else parse_plain(door.to)


def _is_probe(subject: Subject) -> bool:
    names = (section.text.lower() for section in subject.sections)
    return any(word in name for name in names for word in PROBES)


def _line(subject: Subject, network: Network) -> Directive | None:
    """The line that lets a network in."""
    root = subject.authz.root
    for leaf in () if root is None else leaves(root):
        if leaf.provider == "ip" and isinstance(leaf.parsed, tuple) and network in leaf.parsed:
            return leaf.directive
    allows = () if subject.access is None else subject.access.allows
    return next((one.directive for one in allows if one.network == network), None)


def _label(line: Directive | None) -> str:
    if line is None:
        return "the list"
    return f"`{line.written} {line.raw}`"


def _fix(line: Directive | None, is_own: bool, private: bool) -> Fix:
    if line is not None and (is_own or private):
        more = LOOPBACK_IPV6 if is_own else UNIQUE_LOCAL_IPV6
        edit = replace(line.span._replace(start=line.span.end), f" {more}")
        summary = "let ::1 in too" if is_own else "let the private networks of IPv6 in too"
        return Fix(summary, UNSAFE, (edit,))
    return Fix("let in the IPv6 networks of those whom it means, or refuse IPv6 with `Require not ip ::/0`", MANUAL)
