"""A list of visitors' addresses is compared with the address of the second of two proxies that they come through."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.explore.fields import with_header
from audit403.nginx.explore.doors import from_client
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import Network
from audit403.nginx.model.context import Context
from audit403_checks.networks import PRIVATE, THIS_MACHINE, is_public, lies_in
from audit403_checks.nginx.clients import Around, around, lets_visitors_in, visitors
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of, insert_after, replace

_NAME = "nginx/second-proxy-tested"
_HEADER = "x-forwarded-for"
_STRANGER = "192.0.2.80"


@check(WARNING, "access-rule", "limit-except", "return")
def second_proxy_tested(fact: Fact, site: Site) -> Iterator[Finding]:
    """A warning where an outer and an inner proxy are trusted; beside the inner one alone there may be none: a note."""
    found = own_refusal_of(fact)
    if found is None or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    context = subject.context or subject.server
    trusts = context.effective("set_real_ip_from")
    header = context.argument("real_ip_header", "X-Real-IP")
    if not trusts or header.lower() != _HEADER or not lets_visitors_in(refusal, subject):
        return
    from audit403_checks.nginx.proxies import trusted_networks

    trusted = trusted_networks(context)
    inner = [network for network in trusted if lies_in(network, (*PRIVATE, *THIS_MACHINE))]
    outer = [network for network in trusted if is_public(network)]
    if not inner or (outer and context.flag("real_ip_recursive")):
        return
    near = around(site, refusal, subject)
    visitor = next((one for one in visitors(site, refusal, near) if not lies_in(one, tuple(trusted))), None)
    if visitor is None:
        return
    second = inside(outer[0]) if outer else _STRANGER
    request = _through_two(site, refusal, near, (inside(visitor), second, inside(inner[0])))
    if request is None:
        return
    decision = site.decide(request)
    severity, fixes = (WARNING, (_fix(context),)) if outer else (NOTE, (_TRUST_IT,))
    finding = finding_of(_NAME, severity, _message(visitor, second, bool(outer)), refusal, fixes, anchor=visitor.text())
    because = (Because(trusts[0].span, "trusts a proxy to name who came to it"), *decision.because)
    who = "visitors who come through both proxies"
    yield finding._replace(request=request, who=who, because=because, log=decision.log)


_TRUST_IT = Fix("if there is one, name it with a further `set_real_ip_from`, and set `real_ip_recursive on`", MANUAL)


def _message(visitor: Network, second: str, is_known: bool) -> str:
    shown = inside(visitor) if visitor.prefix == 32 else visitor.text()
    if is_known:
        return (
            f"visitors from {shown} come through two proxies, and the address of the outer one, {second}, is looked at"
        )
    return (
        f"if the proxy has another one in front of it, visitors from {shown} are refused: only the last address counts"
    )


def _through_two(site: Site, refusal: Refusal, near: Around, way: tuple[str, str, str]) -> Request | None:
    """A visitor's request that came through two proxies, where the outer one's address is refused."""
    visitor, second, first = way
    request = from_client(refusal.witness, first, near.doors)
    if request is None:
        return None
    request = with_header(request, _HEADER, f"{visitor}, {second}")
    decision = site.decide(request)
    return request if decision.verdict == REFUSED and decision.where == refusal.where else None


def _fix(context: Context) -> Fix:
    summary = "look past every trusted proxy: `real_ip_recursive on`"
    written = context.last("real_ip_recursive")
    if written is not None and written.args:
        return Fix(summary, UNSAFE, (replace(written.arg_span(0), "on"),))
    header = context.last("real_ip_header")
    return Fix(summary, UNSAFE, () if header is None else (insert_after(header, "real_ip_recursive on;"),))
