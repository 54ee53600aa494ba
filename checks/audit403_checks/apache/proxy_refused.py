"""What a ProxyPass or a rule passes on is refused on its way: by a `<Proxy>` section, by ProxyBlock, for its spaces."""

from collections.abc import Iterator

from audit403.apache.decide.exchange import REVERSE
from audit403.apache.decide.proxy_url import place_of_pass
from audit403.apache.explore.subject import Subject
from audit403.apache.model.proxy import PROXY, ProxyServer
from audit403.apache.model.rewrite_rule import Rule
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.core.source import every_directive
from audit403.explore.who import EVERY_CLIENT
from audit403_checks.apache.rewriting import rule_at, without_rule_flag
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, remove, replace

_NAME = "apache/proxy-refused"
_SECTIONS = ("<proxy", "<proxymatch")
_EVERYTHING = "*"


@check(ERROR, "require", "access-compat", "proxy-block", "proxy-characters")
def proxy_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """Who passes requests on wants them answered; a part of what is passed on may be closed on purpose."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    if subject.exchange.proxied != REVERSE:
        return
    if refusal.cause == "proxy-block":
        yield _of_block(refusal, subject)
    elif refusal.cause == "proxy-characters":
        yield _of_characters(refusal, subject)
    elif refusal.who == EVERY_CLIENT:
        yield from _of_section(refusal, subject, site)


def _of_section(refusal: Refusal, subject: Subject, site: ApacheSite) -> Iterator[Finding]:
    """A `<Proxy>` that refuses everybody all of what is passed on to a server."""
    directive = _directive_at(site, refusal)
    section = None if directive is None else _section_of(directive)
    if directive is None or section is None or not _holds_all(section, subject):
        return
    label = f"{section.written} {section.raw.strip()}>"
    passes = _pass(subject, site)
    sent = "a rule" if passes is None else f"`{passes.written}`"
    message = f"{sent} passes requests on to {_origin(subject)}, and `{label}` lets nobody in: everybody is refused"
    forward: ProxyServer = subject.server.slots.get(PROXY, ProxyServer())
    granted = {"require": "Require all granted", "deny": "Allow from all"}.get(directive.name)
    manual = Fix("let those in whom the site is for", MANUAL)
    fixes: tuple[Fix, ...] = (manual,)
    if granted is not None and not forward.forward:
        fixes = (Fix(f"let everybody in: `{granted}`", UNSAFE, (replace(directive.span, granted),)), manual)
    finding = finding_of(_NAME, ERROR, message, refusal, fixes)
    if passes is not None:
        finding = finding._replace(because=(*finding.because, Because(passes.span, "passes the request on")))
    yield finding


def _holds_all(section: Directive, subject: Subject) -> bool:
    """Whether a section is about all that goes to a server, or all that one directive passes on."""
    text = section.args[0] if section.args else ""
    if section.name != "<proxy" or text == "~":
        return text in (".*", "^.*", ".*$", "^.*$")
    prefix = text.rstrip("*/")
    server: ProxyServer = subject.server.slots.get(PROXY, ProxyServer())
    whole = [_origin(subject), *(one.real for one in server.passes)]
    return any(one.startswith(prefix) for one in whole)


def _of_block(refusal: Refusal, subject: Subject) -> Finding:
    """ProxyBlock, which is there for a forward proxy and holds for every ProxyPass."""
    server: ProxyServer = subject.server.slots.get(PROXY, ProxyServer())
    backend = _origin(subject)
    words = [one for one in server.blocked if one.directive.span == refusal.where]
    matching = [one.name for one in words if one.name in backend or one.name.startswith(_EVERYTHING)]
    message = f"ProxyBlock holds for what is passed on, too: it has {backend}, and everybody is refused"
    fixes: tuple[Fix, ...] = (Fix("take the server's name or address out of ProxyBlock", MANUAL),)
    if matching:
        directive = words[0].directive
        kept = [word for word in directive.args if word.lower() not in matching]
        summary = f"take {', '.join(matching)} out of ProxyBlock"
        edit = replace(directive.span, f"{directive.written} {' '.join(kept)}") if kept else remove(directive)
        fixes = (Fix(summary, UNSAFE, (edit,)),)
    return finding_of(_NAME, ERROR, message, refusal, fixes, anchor="block")


def _of_characters(refusal: Refusal, subject: Subject) -> Finding:
    """A rule with [P,NE] passes on what it has captured as it was decoded."""
    target = refusal.witness.target
    message = f"addresses with a space are refused, such as {target}: it is passed on as it was decoded"
    rule = rule_at(refusal.where, subject)
    fixes: tuple[Fix, ...] = (Fix("let what is passed on be encoded again: without [NE]", MANUAL),)
    edit = None if rule is None else _without_ne(rule)
    if edit is not None:
        fixes = (Fix("leave [NE] out: what is passed on is then encoded again", UNSAFE, (edit,)),)
    about = refusal._replace(who="requests with a space in their address")
    return finding_of(_NAME, WARNING, message, about, fixes, anchor="characters")


def _without_ne(rule: Rule) -> TextEdit | None:
    return without_rule_flag(rule, ("ne", "noescape"))


def _origin(subject: Subject) -> str:
    """The scheme, host and port that the request is passed on to."""
    url = (subject.exchange.filename or "").removeprefix("proxy:")
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.partition('/')[0]}"


def _pass(subject: Subject, site: ApacheSite) -> Directive | None:
    where = place_of_pass(subject.exchange)
    return next((one for one in every_directive(site.configuration.directives) if one.span == where), None)


def _directive_at(site: ApacheSite, refusal: Refusal) -> Directive | None:
    """The line of a `<Proxy>` that decides; those are in no access file."""
    if not isinstance(refusal.where, Span):
        return None
    return next((one for one in every_directive(site.configuration.directives) if one.span == refusal.where), None)


def _section_of(directive: Directive) -> Directive | None:
    above = directive.parent
    while above is not None and above.name not in _SECTIONS:
        above = above.parent
    return above
