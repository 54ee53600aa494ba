"""A list of visitors' addresses is compared with the address of the proxy that they come through."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.explore.fields import with_header
from audit403.explore.subject import PURPOSE_HOME
from audit403.nginx.explore.doors import from_client
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import Network, parse_network
from audit403_checks.nginx.clients import Around, around, lets_visitors_in, visitors
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of, insert_before, replace, statement

if TYPE_CHECKING:
    from audit403_checks.nginx.proxies import Sign

_NAME = "nginx/proxy-address-tested"
THIS_MACHINE_IPV4 = "127.0.0.1"
_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
_BALANCERS = ("10.0.0.5", "172.16.0.5", "192.168.1.5", THIS_MACHINE_IPV4)


@check(WARNING, "access-rule", "limit-except", "return")
def proxy_address_tested(fact: Fact, site: Site) -> Iterator[Finding]:
    """Public addresses are let into a part of the site, whose visitors all come from the proxy's address."""
    found = own_refusal_of(fact)
    if found is None or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    if not lets_visitors_in(refusal, subject):
        return
    from audit403_checks.nginx.proxies import unrestored

    sign = unrestored(site, subject)
    if sign is None:
        return
    near = around(site, refusal, subject)
    visitor = next(visitors(site, refusal, near), None)
    request = None if visitor is None else _through_a_proxy(site, refusal, near, visitor, _known(sign))
    if visitor is None or request is None:
        return
    decision = site.decide(request)
    shown = inside(visitor) if visitor.prefix == 32 else visitor.text()
    message = f"visitors from {shown} come through a proxy, and it is the proxy's address that is looked at"
    # A whole server that lets one address in may be for the proxy alone.
    severity = NOTE if subject.purpose == PURPOSE_HOME else WARNING
    finding = finding_of(_NAME, severity, message, refusal, (_fix(subject, sign), _FIX), anchor=visitor.text())
    because = (sign.because(), *decision.because)
    who = "visitors who come through the proxy"
    yield finding._replace(request=request, who=who, because=because, log=decision.log)


_FIX = Fix("name the proxy with `set_real_ip_from`, and with `real_ip_header` what it says the visitor is", MANUAL)


def _fix(subject: Subject, sign: "Sign") -> Fix:
    """The lines of a neighbour; else the networks that a proxy may have and nobody on the internet."""
    if sign.header is not None:
        # Who sent PROXY protocol to a socket that does not speak it would get 400 for everything.
        return Fix(
            "read the header that the proxy sends", UNSAFE, (replace(sign.header.arg_span(0), "X-Forwarded-For"),)
        )
    first = subject.server.sequence[0] if subject.server.sequence else None
    if first is None or sign.directive.name == "listen" or subject.server.own.get("set_real_ip_from"):
        return _FIX
    lines = [f"set_real_ip_from {network};" for network in _NETWORKS]
    lines.append("real_ip_header X-Forwarded-For;")
    if sign.directive.name == "set_real_ip_from" and sign.beside is not None:
        names = ("set_real_ip_from", "real_ip_header", "real_ip_recursive")
        lines = [statement(one) for name in names for one in sign.beside.own.get(name, ())]
    summary = "believe the proxy who the visitor is" + ("" if sign.beside else ": any of a private network")
    return Fix(summary, UNSAFE, (insert_before(first, "\n".join(lines)),))


def _known(sign: "Sign") -> tuple[str, ...]:
    """The balancer that a neighbour trusts, where that is the sign."""
    network = parse_network(sign.directive.args[0]) if sign.beside is not None else None
    return () if network is None else (inside(network),)


def _through_a_proxy(
    site: Site, refusal: Refusal, near: Around, visitor: Network, known: tuple[str, ...]
) -> Request | None:
    """A visitor's request as it comes in from the proxy; None where one in a private network is let in anyway."""
    found: Request | None = None
    for client in (*known, *_BALANCERS):
        request = from_client(refusal.witness, client, near.doors)
        if request is not None:
            request = with_header(request, "x-forwarded-for", inside(visitor))
            decision = site.decide(request)
            if decision.verdict == REFUSED and decision.where == refusal.where:
                found = found or request
            elif client != THIS_MACHINE_IPV4:
                return None
    return found
