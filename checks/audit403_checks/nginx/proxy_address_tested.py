"""A list of visitors' addresses is compared with the address of the proxy that they come through."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.nginx.explore.doors import from_client
from audit403.nginx.explore.fields import with_header
from audit403.nginx.explore.regions import inside
from audit403.nginx.explore.subject import PURPOSE_HOME, Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import IPV4, Network
from audit403_checks.nginx.clients import PRIVATE, THIS_MACHINE, Around, around, lies_in, list_of, looks_at_client
from audit403_checks.support import finding_of, own_refusal_of

_NAME = "nginx/proxy-address-tested"
THIS_MACHINE_IPV4 = "127.0.0.1"
_BALANCERS = ("10.0.0.5", "172.16.0.5", "192.168.1.5", THIS_MACHINE_IPV4)
_MOST_NAMED = 20


@check(WARNING, "access-rule", "limit-except", "return")
def proxy_address_tested(fact: Fact, site: Site) -> Iterator[Finding]:
    """Public addresses are let into a part of the site, whose visitors all come from the proxy's address."""
    found = own_refusal_of(fact)
    if found is None or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    if not _lets_visitors_in(refusal, subject):
        return
    from audit403_checks.nginx.proxies import unrestored

    sign = unrestored(site, subject)
    if sign is None:
        return
    near = around(site, refusal, subject)
    visitor = next(_visitors(site, refusal, near), None)
    request = None if visitor is None else _through_a_proxy(site, refusal, near, visitor)
    if visitor is None or request is None:
        return
    decision = site.decide(request)
    shown = inside(visitor) if visitor.prefix == 32 else visitor.text()
    message = f"visitors from {shown} come through a proxy, and it is the proxy's address that is looked at"
    # A whole server that lets one address in may be for the proxy alone.
    severity = NOTE if subject.purpose == PURPOSE_HOME else WARNING
    finding = finding_of(_NAME, severity, message, refusal, (_FIX,), anchor=visitor.text())
    because = (sign.because(), *decision.because)
    who = "visitors who come through the proxy"
    yield finding._replace(request=request, who=who, because=because, log=decision.log)


_FIX = Fix("name the proxy with `set_real_ip_from`, and with `real_ip_header` what it says the visitor is", MANUAL)


def _lets_visitors_in(refusal: Refusal, subject: Subject) -> bool:
    """Whether public addresses may be let in; cheap, for most lists name private ones."""
    if refusal.cause == "return":
        return looks_at_client(refusal.decision)
    permitted = (rule.network for rule in list_of(refusal, subject) if rule.permits)
    return any(network is not None and _is_public(network) for network in permitted)


def _is_public(network: Network) -> bool:
    return network.family == IPV4 and network.prefix > 0 and not lies_in(network, (*PRIVATE, *THIS_MACHINE))


def _visitors(site: Site, refusal: Refusal, near: Around) -> Iterator[Network]:
    """Public networks that are let in."""
    for network in near.named[:_MOST_NAMED]:
        if _is_public(network):
            request = from_client(refusal.witness, inside(network), near.doors)
            if request is not None and site.decide(request).where != refusal.where:
                yield network


def _through_a_proxy(site: Site, refusal: Refusal, near: Around, visitor: Network) -> Request | None:
    """A visitor's request as it comes in from the proxy; None where one in a private network is let in anyway."""
    found: Request | None = None
    for client in _BALANCERS:
        request = from_client(refusal.witness, client, near.doors)
        if request is not None:
            request = with_header(request, "x-forwarded-for", inside(visitor))
            decision = site.decide(request)
            if decision.verdict == REFUSED and decision.where == refusal.where:
                found = found or request
            elif client != THIS_MACHINE_IPV4:
                return None
    return found
