"""A list of visitors' addresses is compared with the address of the proxy that they come through."""

from collections.abc import Iterator

from audit403.apache.explore.doors import Door, from_client
from audit403.apache.explore.subject import Subject
from audit403.apache.model.remoteip import Proxy
from audit403.apache.site import ApacheSite
from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.borders import inside
from audit403.explore.fields import with_header
from audit403.explore.subject import PURPOSE_HOME
from audit403.http.address import Network
from audit403_checks.apache.clients import doors_of, let_in
from audit403_checks.apache.edits import insert_inside
from audit403_checks.apache.proxies import Sign, remote_ip, sign_of_proxy
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.networks import PRIVATE, THIS_MACHINE, is_public, lies_in
from audit403_checks.support import finding_of, insert_before, replace

_NAME = "apache/allow-list-behind-proxy"
_HEADER = "X-Forwarded-For"
_THIS_MACHINE_IPV4 = "127.0.0.1"
_BALANCERS = ("10.0.0.5", "172.16.0.5", "192.168.1.5", _THIS_MACHINE_IPV4)
_NETWORKS = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8"


@check(WARNING, "require", "access-compat")
def allow_list_behind_proxy(fact: Fact, site: Site) -> Iterator[Finding]:
    """Public addresses are let in where all come from the proxy's, or private ones that it is not believed to name."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    doors = doors_of(site, subject)
    finding = _unrestored(refusal, subject, site, doors) or _not_believed(refusal, subject, site, doors)
    if finding is not None:
        yield finding


def _unrestored(refusal: Refusal, subject: Subject, site: ApacheSite, doors: list[Door]) -> Finding | None:
    if not _names(refusal, subject):
        return None
    sign = sign_of_proxy(site, subject, doors)
    if sign is None:
        return None
    visitor = next((one for one in let_in(refusal, subject, site, doors) if is_public(one)), None)
    header = remote_ip(subject).header or _HEADER
    request = None if visitor is None else _through_a_proxy(refusal, site, doors, visitor, header, sign)
    if visitor is None or request is None:
        return None
    message = f"visitors from {visitor.shown()} come through a proxy, and it is the proxy's address that is looked at"
    # A whole server that lets one address in may be for the proxy alone; the proxy on this machine has none of these.
    is_home = any(hit.purpose == PURPOSE_HOME for hit in subject.hits) or subject.purpose == PURPOSE_HOME
    severity = WARNING if sign.is_sure and (sign.is_local or not is_home) else NOTE
    fixes = (*_restored(subject, site, sign), _FIX)
    return _told(severity, message, refusal, request, site.decide(request), fixes, sign.because())


_FIX = Fix(
    "load mod_remoteip, and name the header with `RemoteIPHeader` and the proxy with `RemoteIPInternalProxy`",
    MANUAL,
)


def _names(refusal: Refusal, subject: Subject) -> bool:
    """Whether public addresses are named at all; cheap, for most lists name private ones."""
    from audit403.apache.explore.audience import named_networks

    return any(map(is_public, named_networks(subject)))


def _through_a_proxy(
    refusal: Refusal, site: ApacheSite, doors: list[Door], visitor: Network, header: str, sign: Sign
) -> Request | None:
    """A visitor's request as it comes in from the proxy; None where one in a private network is let in anyway."""
    found: Request | None = None
    for client in (_THIS_MACHINE_IPV4, "::1") if sign.is_local else _BALANCERS:
        request = from_client(refusal.witness, client, doors)
        if request is None:
            continue
        request = with_header(request, header.lower(), inside(visitor))
        if _is_refused_there(site.decide(request), refusal):
            found = found or request
        elif client != _THIS_MACHINE_IPV4:
            return None
    return found


def _restored(subject: Subject, site: ApacheSite, sign: Sign) -> tuple[Fix, ...]:
    if not (site.model.has("remoteip") or site.model.process.lenient):
        return ()
    networks = "127.0.0.0/8 ::1" if sign.is_local else _NETWORKS
    lines = f"RemoteIPInternalProxy {networks}"
    if remote_ip(subject).header is None:
        lines = f"RemoteIPHeader {_HEADER}\n{lines}"
    own = subject.server.directive
    if own is not None:
        edits = tuple(insert_inside(own, line) for line in reversed(lines.split("\n")))
        edit = edits[0]._replace(text="".join(one.text for one in reversed(edits)))
    else:
        first = next((one for one in site.configuration.directives if one.name == "documentroot"), None)
        if first is None or first.parent is not None:
            return ()
        edit = insert_before(first, lines)
    summary = "believe the proxy who the visitor is" + ("" if sign.is_local else ": any of a private network")
    return (Fix(summary, UNSAFE, (edit,)),)


def _not_believed(refusal: Refusal, subject: Subject, site: ApacheSite, doors: list[Door]) -> Finding | None:
    """Private visitors of a proxy that is trusted about public addresses only."""
    config = remote_ip(subject)
    if config.header is None or config.proxy_protocol:
        return None
    for proxy in config.proxies or ():
        network = proxy.network
        if proxy.internal or network is None or not lies_in(network, (*PRIVATE, *THIS_MACHINE)):
            continue
        for visitor in let_in(refusal, subject, site, doors):
            if not lies_in(visitor, PRIVATE) or lies_in(visitor, (network,)) or lies_in(network, (visitor,)):
                continue
            request = from_client(refusal.witness, inside(network), doors)
            if request is None:
                continue
            request = with_header(request, config.header.lower(), inside(visitor))
            decision = site.decide(request)
            if _is_refused_there(decision, refusal):
                return _of_trusted(proxy, visitor, refusal, request, decision)
    return None


def _of_trusted(proxy: Proxy, visitor: Network, refusal: Refusal, request: Request, decision: Decision) -> Finding:
    message = (
        f"visitors from {visitor.shown()} come through {proxy.word}, which `{proxy.directive.written}` does not believe"
        " about private addresses"
    )
    directive = proxy.directive
    end = directive.start + len(directive.written)
    edit = replace(directive.span._replace(end=end), "RemoteIPInternalProxy")
    fix = Fix("believe it whoever it names: `RemoteIPInternalProxy`", UNSAFE, (edit,))
    link = Because(directive.span, "is believed about public addresses only")
    return _told(WARNING, message, refusal, request, decision, (fix,), link)


def _told(
    severity: str, message: str, refusal: Refusal, request: Request, decision: Decision, fixes: tuple[Fix, ...],
    link: Because,
) -> Finding:  # fmt: skip
    finding = finding_of(_NAME, severity, message, refusal, fixes, anchor=message)
    who = "visitors who come through the proxy"
    because = (link, *decision.because)
    return finding._replace(request=request, who=who, because=because, log=decision.log)


def _is_refused_there(decision: Decision, refusal: Refusal) -> bool:
    return decision.verdict == REFUSED and (decision.cause, decision.where) == (refusal.cause, refusal.where)
