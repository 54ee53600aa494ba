"""TLS is demanded where no connection has it: behind a proxy that ends TLS, every request comes without."""

import re
from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.source import every_directive
from audit403.explore.fields import with_header
from audit403.explore.who import EVERY_CLIENT
from audit403_checks.apache.certificates import has_tls, secure_doors
from audit403_checks.apache.requirements import deciding_line
from audit403_checks.apache.rewriting import refusing_rule
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, remove, replace

_NAME = "apache/tls-required-without-tls"
_OF_PROXIES = re.compile(
    r"x-forwarded-(?:proto|ssl|scheme|https)|front-end-https|x-url-scheme|cloudfront-forwarded-proto", re.IGNORECASE
)
_TESTS = re.compile(r"%\{(?:HTTPS|REQUEST_SCHEME)\}", re.IGNORECASE)
_READS = ("setenvif", "setenvifnocase", "rewritecond", "<if", "<elseif", "require")
_FORWARDED = "X-Forwarded-Proto"
_TOLD = "Require expr \"%{HTTP:X-Forwarded-Proto} == 'https'\""


@check(ERROR, "ssl-required", "require", "rewrite-rule")
def tls_required_without_tls(fact: Fact, site: Site) -> Iterator[Finding]:
    """Where some server here has TLS the plain one is closed on purpose, if no proxy is in front of it."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or found[0].who != EVERY_CLIENT:
        return
    refusal, subject = found
    tested = _tested(refusal, subject)
    if tested is None or refusal.witness.tls is not None or site.configuration.assumed is not None:
        return
    told = _proxys_header(site, subject)
    if has_tls(site) and (told is None or secure_doors(site, subject)):
        return
    request = refusal.witness if told is None else with_header(refusal.witness, _FORWARDED, "https")
    decision = site.decide(request)
    if (decision.cause, decision.where) != (refusal.cause, refusal.where):
        return
    speaks = "this server does not speak" if has_tls(site) else "no server here speaks"
    message = f"TLS is demanded, and {speaks} it: every request is refused, also behind a proxy that ends TLS"
    severity = WARNING if has_tls(site) else ERROR
    finding = finding_of(_NAME, severity, message, refusal, tuple(_fixes(refusal, tested, told)))
    chain = decision.because if told is None else (*decision.because, Because(told.span, "reads what the proxy says"))
    yield finding._replace(request=request, because=chain, log=decision.log)


def _tested(refusal: Refusal, subject: Subject) -> Directive | None:
    """The line that demands TLS; None where something else refuses, too."""
    if refusal.cause == "ssl-required":
        found: Directive | None = subject.ssl.required
        return found
    if refusal.cause == "rewrite-rule":
        rule = refusing_rule(refusal, subject)
        conditions = () if rule is None else rule.conditions
        is_only = len(conditions) == 1 and _TESTS.fullmatch(conditions[0].subject) is not None
        return conditions[0].directive if is_only else None
    line = deciding_line(refusal, subject)
    if line is None:
        return None
    if line.provider == "ssl" or (line.provider == "expr" and _TESTS.search(line.argument)):
        return line.directive
    section = line.directive.parent
    return section if section is not None and section.name == "<if" and _TESTS.search(section.raw) else None


def _proxys_header(site: ApacheSite, subject: Subject) -> Directive | None:
    """Where the server itself reads what only a proxy in front says of TLS."""
    own = subject.server.directive
    inside = site.configuration.directives if own is None else own.block or []
    return next(
        (one for one in every_directive(inside) if one.name in _READS and _OF_PROXIES.search(one.raw)),
        None,
    )


def _fixes(refusal: Refusal, tested: Directive, told: Directive | None) -> Iterator[Fix]:
    """What the proxy says, where it is known that one says it; anybody else who gets here can say it as well."""
    edit = _asking_the_proxy(refusal, tested)
    if edit is not None and told is not None:
        yield Fix(f"test {_FORWARDED}, if clients come here by the proxy alone", UNSAFE, (edit,))
    if refusal.cause == "ssl-required":
        summary = "drop SSLRequireSSL; the proxy in front is where plain requests are turned away"
        yield Fix(summary, UNSAFE, (remove(tested),))
    else:
        yield Fix(
            "let the proxy in front turn plain requests away, or test the header by which it tells of TLS", MANUAL
        )


def _asking_the_proxy(refusal: Refusal, tested: Directive) -> TextEdit | None:
    if refusal.cause == "rewrite-rule":
        return replace(tested.span, "RewriteCond %{HTTP:X-Forwarded-Proto} !=https")
    if tested.name == "require":
        return replace(tested.span, _TOLD)
    return None
