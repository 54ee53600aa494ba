"""A list lets the proxy in, whose address real_ip has replaced by the visitor's before the list is looked at."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED, Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.borders import inside
from audit403.explore.fields import with_header
from audit403.explore.ordinary import CLIENT_IPV4
from audit403.explore.subject import PURPOSE_HOME
from audit403.nginx.explore.doors import from_client
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import IPV4, Network
from audit403_checks.networks import PRIVATE, THIS_MACHINE, lies_in
from audit403_checks.nginx.clients import Around, around, looks_at_client
from audit403_checks.nginx.subjects import deciding_level, own_refusal_of
from audit403_checks.support import finding_of, insert_before, remove, replace

_NAME = "nginx/proxy-address-replaced"
_MOST_NAMED = 40


@check(ERROR, "access-rule", "return")
def proxy_address_replaced(fact: Fact, site: Site) -> Iterator[Finding]:
    """A whole server lets in only addresses that it trusts to name somebody else: nobody who comes through them."""
    found = own_refusal_of(fact)
    if found is None or found[1].purpose != PURPOSE_HOME:
        return
    refusal, subject = found
    context = subject.context or subject.server
    trusts = context.effective("set_real_ip_from")
    if not trusts or (refusal.cause == "return" and not looks_at_client(refusal.decision)):
        return
    from audit403_checks.nginx.proxies import trusted_networks

    header = context.argument("real_ip_header", "X-Real-IP")
    trusted = tuple(trusted_networks(context))
    near = around(site, refusal, subject)
    let_in = list(_let_in(site, refusal, near))
    # Where all servers trust a proxy on this machine, one that lets only this machine in is for monitoring.
    local = trusted if "set_real_ip_from" in subject.server.own else ()
    proxies = [network for network in let_in if not lies_in(network, THIS_MACHINE) or lies_in(network, local)]
    proxies.sort(key=lambda network: lies_in(network, THIS_MACHINE))
    if header == "proxy_protocol" or not proxies or not all(_is_proxy(network, trusted) for network in proxies):
        return
    request = from_client(refusal.witness, inside(proxies[0]), near.doors)
    request = None if request is None else with_header(request, header.lower(), CLIENT_IPV4)
    decision = None if request is None else site.decide(request)
    if decision is None or decision.verdict != REFUSED or decision.where != refusal.where:
        return
    is_public = not lies_in(proxies[0], (*PRIVATE, *THIS_MACHINE))
    severity = ERROR if is_public else WARNING
    message = f"the list lets proxies in, and `real_ip_header {header}` has put the visitor's address in their place"
    finding = finding_of(
        _NAME, severity, message, refusal, (_fix(site, refusal, subject, decision), _FIX), anchor=header
    )
    because = (Because(trusts[0].span, "trusts the proxy to name the visitor"), *decision.because)
    who = "every visitor who comes through the proxies"
    yield finding._replace(request=request, who=who, because=because, log=decision.log)


_SUMMARY = "look for the proxies with `geo $realip_remote_addr` and an `if`, which still sees them"
_FIX = Fix(_SUMMARY, MANUAL)
_VARIABLE = "$comes_through_proxy"


def _fix(site: Site, refusal: Refusal, subject: Subject, decision: Decision) -> Fix:
    """The same addresses, held against the one that the connection came from."""
    server = subject.server.directive
    if refusal.cause == "return":
        asked = {step.where for step in decision.trace if step.operator == "geo"}
        for geo in site.model.geos.values() if isinstance(site, NginxSite) else ():
            is_asked = any(line.span in asked for line in geo.directive.block or ())
            if is_asked and len(geo.directive.args) == 1:
                span = geo.directive.arg_span(0)
                return Fix(_SUMMARY, UNSAFE, (TextEdit(span.file, span.start, span.start, "$realip_remote_addr "),))
        return _FIX
    level = deciding_level(subject.context or subject.server)
    rules = [*level.own.get("allow", ()), *level.own.get("deny", ())]
    networks = [rule.directive.args[0] for rule in level.access_rules() if rule.permits]
    is_plain = all(rule.args[0] == "all" for rule in level.own.get("deny", ()))
    if server is None or not rules or level is not subject.server or not is_plain:
        return _FIX
    lines = "".join(f"\n    {network} 1;" for network in networks)
    geo_text = f"geo $realip_remote_addr {_VARIABLE} {{\n    default 0;{lines}\n}}"
    first, *others = sorted(rules, key=lambda rule: (rule.source.path, rule.start))
    test = replace(first.full_span, f"if ({_VARIABLE} = 0) {{ return 403; }}")
    return Fix(_SUMMARY, UNSAFE, (insert_before(server, geo_text), test, *map(remove, others)))


def _let_in(site: Site, refusal: Refusal, near: Around) -> Iterator[Network]:
    for network in near.named[:_MOST_NAMED]:
        request = from_client(refusal.witness, inside(network), near.doors)
        if request is not None and site.decide(request).where != refusal.where:
            yield network


def _is_proxy(network: Network, trusted: tuple[Network, ...]) -> bool:
    """Whether a network is one of proxies: visitors of a private network may well come through a proxy of it."""
    is_host = network.prefix == (32 if network.family == IPV4 else 128)
    return lies_in(network, trusted) and (is_host or not lies_in(network, PRIVATE))
