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
from audit403.nginx.explore.subject import PURPOSE_HOME
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import Network
from audit403_checks.nginx.clients import Around, around, lets_visitors_in, visitors
from audit403_checks.support import finding_of, own_refusal_of

_NAME = "nginx/proxy-address-tested"
THIS_MACHINE_IPV4 = "127.0.0.1"
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
