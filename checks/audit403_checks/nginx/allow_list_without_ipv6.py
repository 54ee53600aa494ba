"""A list lets IPv4 addresses in and no IPv6 address, where the server listens on IPv6 too."""

from collections.abc import Iterator

from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.ordinary import CLIENT_IPV6, CLIENT_PRIVATE_IPV6
from audit403.explore.subject import PURPOSE_HOME
from audit403.nginx.explore.doors import Door
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.address import IPV4, IPV6, Network
from audit403.nginx.model.context import HTTP, SERVER
from audit403_checks.networks import (
    LOOPBACK_IPV6,
    PRIVATE,
    THIS_MACHINE,
    UNIQUE_LOCAL_IPV6,
    are_the_private_ones,
    lies_in,
)
from audit403_checks.nginx.clients import (
    around,
    asked_from,
    door_for_ipv6,
    is_in,
    list_of,
    listens_on_ipv6,
    looks_at_client,
    network_of_client,
    rule_at,
    who_is_let_in,
)
from audit403_checks.nginx.subjects import deciding_level, own_refusal_of
from audit403_checks.probes import PROBES
from audit403_checks.support import finding_of, insert_before

_NAME = "nginx/allow-list-without-ipv6"


@check(WARNING, "access-rule", "limit-except", "return")
def allow_list_without_ipv6(fact: Fact, site: Site) -> Iterator[Finding]:
    """This machine is 127.0.0.1 and ::1, a public network may have both; of a private one nobody knows: a note."""
    found = own_refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    named = _named_ipv4(refusal, subject)
    if (named is not None and not named) or not listens_on_ipv6(site, subject):
        return
    near = around(site, refusal, subject)
    door = door_for_ipv6(refusal.witness, near.doors)
    if door is None:
        return
    if named is None:
        let_in = list(map(network_of_client, who_is_let_in(site, refusal.witness, near).let_in))
        if not let_in or any(network.family == IPV6 for network in let_in):
            return
        named = let_in
    local = door.socket.listen.address is not None and door.socket.listen.address.text() == LOOPBACK_IPV6
    is_own = any(lies_in(network, THIS_MACHINE) for network in named)
    if local and not is_own:
        return
    private = not is_own and are_the_private_ones(named)
    client = LOOPBACK_IPV6 if is_own else CLIENT_PRIVATE_IPV6 if private else CLIENT_IPV6
    request = asked_from(site, refusal.witness, client, near.doors)
    decision = None if request is None else site.decide(request)
    if request is None or decision is None or decision.where != refusal.where:
        return
    severity, message = _judged(refusal, subject, named, door)
    fix = _fix(refusal, subject, is_own, private)
    finding = finding_of(_NAME, severity, message, refusal, (fix,), anchor=_label(refusal, subject))
    because = decision.because
    if door.socket.listen.directive is not None:
        because = (*because, Because(door.socket.listen.directive.span, "takes IPv6 clients"))
    yield finding._replace(request=request, who="IPv6 clients", because=because)


def _named_ipv4(refusal: Refusal, subject: Subject) -> list[Network] | None:
    """The IPv4 networks that a list lets in where it lets nobody of IPv6 in; None where it takes asking."""
    if refusal.cause == "return":
        return None if looks_at_client(refusal.decision) else []
    rules = list_of(refusal, subject)
    refusing = rule_at(refusal, rules)
    if refusing is None or not refusing.all:
        return []  # a `deny ::/0` is written by somebody who thinks of IPv6
    permitted = [rule.network for rule in rules if rule.permits]
    if any(network is None or network.family == IPV6 for network in permitted):
        return []
    return [network for network in permitted if network is not None and network.family == IPV4 and network.prefix]


def _judged(refusal: Refusal, subject: Subject, named: list[Network], door: Door) -> tuple[str, str]:
    where, socket = _label(refusal, subject), door.socket.listen.label()
    own = [network for network in named if lies_in(network, THIS_MACHINE)]
    public = [network for network in named if not lies_in(network, (*THIS_MACHINE, *PRIVATE))]
    if own and (len(own) == len(named) or _is_probe(subject)):
        return WARNING, f"{where} lets this machine in as 127.0.0.1 and not as ::1, which `localhost` may well be"
    if subject.purpose == PURPOSE_HOME and refusal.cause == "access-rule" and _is_of_the_server(subject):
        return WARNING, f"nobody gets in over IPv6: the server listens on {socket}, its list names IPv4 addresses only"
    message = f"{where} lets in IPv4 addresses only, and the server listens on {socket} too"
    return (WARNING if public else NOTE), message


def _is_of_the_server(subject: Subject) -> bool:
    return deciding_level(subject.context or subject.server).kind in (HTTP, SERVER)


def _is_probe(subject: Subject) -> bool:
    location = subject.location
    if location is None:
        return False
    return "stub_status" in location.own or any(word in location.name.lower() for word in PROBES)


def _label(refusal: Refusal, subject: Subject) -> str:
    location = subject.location
    if location is not None and is_in(location, refusal.where):
        return f"`{location.label()}`"
    return subject.server.first_name() or "this server"


def _fix(refusal: Refusal, subject: Subject, is_own: bool, private: bool) -> Fix:
    refusing = None if refusal.cause == "return" else rule_at(refusal, list_of(refusal, subject))
    if is_own and refusing is not None:
        return Fix("let ::1 in too", UNSAFE, (insert_before(refusing.directive, f"allow {LOOPBACK_IPV6};"),))
    if private and refusing is not None:
        summary = "let the private networks of IPv6 in too; public ones, if it means such, have to be named"
        return Fix(summary, UNSAFE, (insert_before(refusing.directive, f"allow {UNIQUE_LOCAL_IPV6};"),))
    return Fix("let in the IPv6 networks of those whom it means, or refuse IPv6 with `deny ::/0`", MANUAL)
