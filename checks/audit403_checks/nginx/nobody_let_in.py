"""An address list, a password and tests of the address stand together so that nobody can pass them all."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.explore.doors import from_client
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.read.tree import Directive
from audit403_checks.nginx.clients import around, looks_at_client, who_is_let_in
from audit403_checks.nginx.subjects import deciding_level, own_refusal_of
from audit403_checks.support import finding_of, insert_after, insert_before, remove

_NAME = "nginx/nobody-let-in"
_THIS_MACHINE = {"::1": "127.0.0.1", "127.0.0.1": "::1", "127.0.0.0/8": "::1"}
"""Its address of one family, and that of the other."""


@check(ERROR, "access-rule")
def nobody_let_in(fact: Fact, site: Site) -> Iterator[Finding]:
    """Both conditions have to be met: what the one is for shows that somebody was to be let in."""
    found = own_refusal_of(fact)
    if found is None or not isinstance(site, NginxSite):
        return
    refusal, subject = found
    context = subject.context or subject.server
    permitted = [rule for rule in context.access_rules() if rule.permits]
    if not permitted:
        yield from _password_for_nobody(refusal, context)
    elif looks_at_client(refusal.decision) and not _is_of_two_addresses(site, context):
        yield from _nobody_in_common(site, refusal, subject, permitted)
    elif not context.effective("set_real_ip_from"):
        yield from _nobody_comes_that_way(site, refusal, subject, permitted)


def _is_of_two_addresses(site: NginxSite, context: Context) -> bool:
    """Whether the list and the other test may look at two addresses: the visitor's, and that of a proxy."""
    others = any(geo.proxies or geo.variable not in ("", "remote_addr") for geo in site.model.geos.values())
    return others or bool(context.effective("set_real_ip_from"))


def _password_for_nobody(refusal: Refusal, context: Context) -> Iterator[Finding]:
    """`deny all` beside a password: `satisfy all` wants both, and the list lets nobody in."""
    level = deciding_level(context)
    asked = _asks(level, context)
    denies = level.own.get("deny", [])
    if asked is None or refusal.who != "every client" or not denies:
        return
    message = f"`deny {denies[0].args[0]}` refuses everybody, so that nobody comes to `{asked.name}` beside it"
    fix = Fix("take the `deny` out, so that the password decides", UNSAFE, tuple(map(remove, denies)))
    yield _finding(refusal, WARNING, message, fix, (Because(asked.span, "is asked of nobody"),), asked.name)


def _asks(level: Context, context: Context) -> Directive | None:
    """The password or subrequest that stands at the list's own level and is in effect."""
    for name in ("auth_basic", "auth_request"):
        own = level.own.get(name, [])
        is_whole = name == "auth_request" or context.last("auth_basic_user_file") is not None
        if is_whole and own and own[-1] is context.last(name) and own[-1].args[:1] not in (["off"], [""]):
            return own[-1]
    return None


def _nobody_in_common(
    site: NginxSite, refusal: Refusal, subject: Subject, permitted: list[AccessRule]
) -> Iterator[Finding]:
    """A list of addresses and a test of the address that have no address in common."""
    near = around(site, refusal, subject)
    if who_is_let_in(site, refusal.witness, near).let_in:
        return
    places = [step.where for step in refusal.decision.trace if step.phase == "rewrite" and step.met is not None]
    chain = tuple(Because(place, "lets others through") for place in places[-1:] if place is not None)
    message = f"nobody gets in: whom the list lets in, such as {permitted[0].directive.args[0]}, another test refuses"
    fix = Fix("name those who are meant in one of them, and take the other out", MANUAL)
    level = deciding_level(subject.context or subject.server)
    rules = [*level.own.get("allow", ()), *level.own.get("deny", ())]
    if rules:
        edits = (*_named_in_geo(site, refusal, permitted), *map(remove, rules))
        where = "into the geo block" if len(edits) > len(rules) else "out, so that the other test decides"
        fix = Fix(f"take the list {where}", UNSAFE, edits)
    yield _finding(refusal, ERROR, message, fix, chain, permitted[0].directive.args[0])


def _named_in_geo(site: NginxSite, refusal: Refusal, permitted: list[AccessRule]) -> tuple[TextEdit, ...]:
    """The networks of the list as further lines of the geo block that the other test asks."""
    asked = {step.where for step in refusal.decision.trace if step.operator == "geo"}
    for geo in site.model.geos.values():
        entries = [entry for entry in geo.entries() if entry.directive is not None]
        let_in = [entry for entry in entries if entry.value != geo.default.value and entry.directive is not None]
        if let_in and not geo.ranges and any(entry.directive and entry.directive.span in asked for entry in entries):
            line, value = let_in[-1].directive, let_in[-1].value
            names = dict.fromkeys(rule.directive.args[0] for rule in permitted if not rule.all and rule.network)
            assert line is not None
            return (insert_after(line, "\n".join(f"{name} {value};" for name in names)),) if names else ()
    return ()


def _nobody_comes_that_way(
    site: NginxSite, refusal: Refusal, subject: Subject, permitted: list[AccessRule]
) -> Iterator[Finding]:
    """An `allow` of a kind of address for which the server does not listen."""
    sockets = [socket for socket in site.model.sockets if subject.server in socket.servers]
    if any(
        rule.all or rule.network is None or any(socket.takes(rule.network.family) for socket in sockets)
        for rule in permitted
    ):
        return
    names = ", ".join(socket.listen.label() for socket in sockets[:3])
    allow = permitted[0].directive
    message = f"nobody gets in: `allow {allow.args[0]}` is for connections that {names} does not take"
    fix = Fix("name the addresses that come in there, or listen for those that are named", MANUAL)
    local = next((rule for rule in permitted if rule.directive.args[0] in _THIS_MACHINE), None)
    if local is not None:
        other = _THIS_MACHINE[local.directive.args[0]]
        request = from_client(refusal.witness, other, around(site, refusal, subject).doors)
        fix = Fix(f"let this machine in by {other} too", UNSAFE, (insert_before(local.directive, f"allow {other};"),))
        if request is not None:
            refusal = refusal._replace(witness=request, decision=site.decide(request))
    yield _finding(refusal, ERROR, message, fix, (Because(allow.span, "lets nobody in"),), allow.args[0])


def _finding(
    refusal: Refusal, severity: str, message: str, fix: Fix, chain: tuple[Because, ...], anchor: str
) -> Finding:
    finding = finding_of(_NAME, severity, message, refusal, (fix,), anchor=anchor)
    return finding._replace(because=(*chain, *finding.because), who="every client")
