"""A test on the client's certificate that no certificate passes."""

import re
from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.ssl import NONE
from audit403.apache.site import ApacheSite
from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Span
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.core.source import every_directive
from audit403.explore.who import EVERY_CLIENT
from audit403_checks.apache.certificates import (
    STATES,
    asked_for,
    has_authorities,
    has_tls,
    is_whole,
    secure_doors,
    settings_of,
    with_certificate,
)
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, insert_before

_ABOUT = ("tls.client_certificate", "variable:SSL:SSL_CLIENT_", "variable:SSL_CLIENT_", "variable:ENV:SSL_CLIENT_")
_IN_THE_ENVIRONMENT = ("env:SSL_CLIENT_", "variable:ENV:SSL_CLIENT_")
_OF_NAMES = re.compile("SSL_CLIENT_[SI]_DN$")
_SETTING = ("setenv", "browsermatch", "passenv", "rewriterule")
_BARE = re.compile(r"%\{(SSL_CLIENT_\w+)\}")
_OWN_ENVIRONMENT = re.compile(r"%\{ENV:(SSL_CLIENT_\w+)\}")


@check(ERROR, "require", "ssl-require", "rewrite-rule", "access-compat")
def certificate_test_never_holds(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nobody is asked for one, no authority is known, it is read too early, or it is compared with what none is."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or not is_whole(site, found[1]):
        return
    refusal, subject = found
    step = next(filter(_is_about_certificates, refusal.decision.trace), None)
    if step is None:
        return
    doors = secure_doors(site, subject)
    if not doors and refusal.witness.tls is None and has_tls(site):
        return  # what is said for all virtual hosts closes the one without TLS
    requests = [with_certificate(refusal.witness, doors, state) for state in STATES]
    if any(_passes(site.decide(request), refusal) for request in requests) or _is_set_here(site, step):
        return
    # What a good certificate ends at: of several tests it may have passed the first.
    step = [step, *filter(_is_about_certificates, site.decide(requests[-1]).trace)][-1]
    message, fixes = _why(subject, refusal, step, requests[-1], site)
    end = "everybody is refused" if refusal.who == EVERY_CLIENT else "no certificate lets anybody in"
    message = f"{message}: {end}"
    is_certain = refusal.who == EVERY_CLIENT and site.configuration.assumed is None
    severity = ERROR if is_certain else WARNING
    finding = finding_of("apache/certificate-test-never-holds", severity, message, refusal, fixes, anchor=message)
    decision = site.decide(requests[-1])
    if decision.where == refusal.where:
        finding = finding._replace(request=requests[-1], because=decision.because, log=decision.log)
    yield finding


def _is_about_certificates(step: Step) -> bool:
    return step.phase != "connection" and (step.field or "").startswith((*_ABOUT, *_IN_THE_ENVIRONMENT))


def _is_set_here(site: ApacheSite, step: Step) -> bool:
    """Whether the variable is the configuration's own, made of what a proxy says."""
    if not (step.field or "").startswith(_IN_THE_ENVIRONMENT):
        return False
    directives = every_directive(site.configuration.directives)
    return any("SSL_CLIENT_" in one.raw for one in directives if one.name.startswith(_SETTING))


def _passes(decision: Decision, refusal: Refusal) -> bool:
    """Whether a request comes past the test; one whose handshake fails never comes to it."""
    has_come = decision.cause not in ("handshake-failed", "renegotiation", "post-handshake")
    return has_come and (decision.verdict != REFUSED or decision.where != refusal.where)


def _why(
    subject: Subject, refusal: Refusal, step: Step, request: Request, site: ApacheSite
) -> tuple[str, tuple[Fix, ...]]:
    """Why nobody passes, and what to do."""
    field = step.field or ""
    where = step.where if isinstance(step.where, Span) else None
    name = subject.server.label()
    if request.tls is None:
        message = f"{name} has no TLS, so that nobody shows a certificate"
        return message, (Fix("test what the proxy that ends TLS says, or switch `SSLEngine` on", MANUAL),)
    if field.startswith(_IN_THE_ENVIRONMENT):
        message = "mod_ssl sets its environment variables only after this is tested"
        return message, _read_from_tls(site, where)
    if field.startswith("variable:SSL_CLIENT_") and step.phase in ("translate", "fixup"):
        message = "mod_rewrite has no such variable, it is always empty"
        return message, _read_from_tls(site, where)
    if (subject.ssl.verify or settings_of(subject).verify or NONE) == NONE:
        message = f"{name} asks nobody for a certificate, for SSLVerifyClient is not on"
        return message, _ask(subject)
    if not has_authorities(subject):
        message = f"no certificate verifies: {name} has no SSLCACertificateFile to verify it with"
        return message, (Fix("name the authority's certificate with `SSLCACertificateFile`", MANUAL),)
    if _OF_NAMES.search(field):
        message = "a certificate's names are written as in `CN=a,O=b,C=us`, and not as before httpd 2.4"
        return message, _old_form(site, where)
    message = "SSL_CLIENT_VERIFY is SUCCESS, NONE, GENEROUS or FAILED with a reason"
    return message, _right_word(site, step, where)


def _ask(subject: Subject) -> tuple[Fix, ...]:
    summary = "let the virtual host ask: `SSLVerifyClient optional`"
    edit = asked_for(subject, "optional")
    if edit is None or not has_authorities(subject):
        return (Fix(f"{summary} and `SSLCACertificateFile`", MANUAL),)
    return (Fix(summary, UNSAFE, (edit,)),)


def _read_from_tls(site: ApacheSite, where: Span | None) -> tuple[Fix, ...]:
    """The variable as mod_ssl itself tells it, which is known at any time."""
    summary = "ask mod_ssl itself: `%{SSL:…}` in a RewriteCond, `Require expr` with `%{SSL_CLIENT_…}`"
    text = "" if where is None else _text(site, where)
    changed = _OWN_ENVIRONMENT.sub(r"%{SSL:\1}", _BARE.sub(r"%{SSL:\1}", text))
    words = text.split()
    if [word.lower() for word in words[:2]] == ["require", "env"] and len(words) == 3:
        changed = f'Require expr "-n %{{{words[2]}}}"'
        if words[2] == "SSL_CLIENT_VERIFY":
            changed = "Require ssl-verify-client"
    elif changed == text or not words or words[0].lower() != "rewritecond":
        return (Fix(summary, MANUAL),)
    assert where is not None
    return (Fix(f"write `{changed}`", UNSAFE, (TextEdit(where.file, where.start, where.end, changed),)),)


def _old_form(site: ApacheSite, where: Span | None) -> tuple[Fix, ...]:
    """The option that keeps the names as they were, in the section of the test."""
    directives = every_directive(site.configuration.directives)
    directive = next((one for one in directives if one.span == where), None)
    option = "SSLOptions +LegacyDNStringFormat"
    if directive is None:
        return (Fix(f"write the names as httpd does, or say `{option}` there", MANUAL),)
    return (Fix(f"have them written as the test expects: `{option}`", UNSAFE, (insert_before(directive, option),)),)


def _right_word(site: ApacheSite, step: Step, where: Span | None) -> tuple[Fix, ...]:
    """The word that a certificate which verifies has, in place of another."""
    summary = "compare with SUCCESS"
    word = step.value or ""
    text = "" if where is None else _text(site, where)
    if where is None or not word.isalnum() or len(re.findall(rf"\b{word}\b", text)) != 1:
        return (Fix(summary, MANUAL),)
    changed = re.sub(rf"\b{word}\b", "SUCCESS", text)
    return (Fix(summary, UNSAFE, (TextEdit(where.file, where.start, where.end, changed),)),)


def _text(site: ApacheSite, where: Span) -> str:
    data = site.source(where.file) or b""
    return data[where.start : where.end].decode("utf-8", "surrogateescape")
