"""A test on the client's certificate refuses everybody, because no certificate can pass it."""

import re
from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, IdleDirective, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.core.request import Request, Tls
from audit403.nginx.explore.doors import Door, through
from audit403.nginx.explore.subject import Subject
from audit403_checks.nginx.clients import around
from audit403_checks.nginx.subjects import own_refusal_of
from audit403_checks.support import finding_of, insert_before

_NAME = "nginx/certificate-test-never-holds"
_COMPARED = re.compile(rb"\$ssl_client_verify\s*!=\s*[\"']?(?P<word>\w+)")
_STATES = ("none", "failed", "verified")
_FIELDS = ("tls.client_certificate", "value:$ssl_client_verify")


@check(ERROR, "return", "impossible-certificate")
def certificate_test_never_holds(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nobody is asked for a certificate, nothing verifies it, or it is compared with what no certificate has."""
    if isinstance(fact, IdleDirective):
        yield _of_form(fact, site)
        return
    found = own_refusal_of(fact)
    if found is None or not any(step.field in _FIELDS for step in found[0].decision.trace if step.phase != "tls"):
        return
    refusal, subject = found
    secure = [door for door in around(site, refusal, subject).doors if door.socket.tls]
    why = _why(site, refusal, subject, secure)
    if why is None:
        return
    message, chain, fixes = why
    request = _with(refusal.witness, secure, "verified")
    decision = site.decide(request)
    finding = finding_of(_NAME, ERROR, message, refusal, fixes, anchor=message)
    yield finding._replace(request=request, who="every client", because=(*chain, *decision.because), log=decision.log)


def _why(
    site: Site, refusal: Refusal, subject: Subject, secure: list[Door]
) -> tuple[str, tuple[Because, ...], tuple[Fix, ...]] | None:
    """Why nobody passes, what shows it, and what to do; None where somebody passes."""
    passing = [state for state in _STATES if _passes(site, refusal, _with(refusal.witness, secure, state))]
    mode = subject.server.argument("ssl_verify_client", "off")
    authority = subject.server.last("ssl_client_certificate") or subject.server.last("ssl_trusted_certificate")
    verifies = subject.server.last("ssl_verify_client")
    chain = () if verifies is None else (Because(verifies.span, "is how certificates are asked for"),)
    if not passing and secure and mode == "optional_no_ca" and authority is None:
        return (
            "no certificate verifies: there is no ssl_client_certificate to verify it with",
            chain,
            (Fix("name the authority's certificate with `ssl_client_certificate`", MANUAL),),
        )
    if passing:
        return None
    if not secure:
        message = f"{_name(subject)} has no TLS, so that $ssl_client_verify is empty: everybody is refused"
        return message, (), (Fix("test what the TLS proxy in front says, or listen with `ssl`", MANUAL),)
    if mode == "off":
        message = f"{_name(subject)} asks nobody for a certificate, as `ssl_verify_client` is off: everybody is refused"
        return message, chain, _ask_for_it(subject)
    message = "$ssl_client_verify is SUCCESS, NONE or FAILED with a reason: nobody passes this test"
    return message, chain, (_right_word(site, refusal, secure),)


def _right_word(site: Site, refusal: Refusal, secure: list[Door]) -> Fix:
    """The word that nginx has for a certificate that verifies, in place of another server's."""
    trace = site.decide(_with(refusal.witness, secure, "verified")).trace
    for step in trace:
        where = step.where
        if step.field in _FIELDS and step.phase == "rewrite" and isinstance(where, Span):
            head = (site.source(where.file) or b"")[where.start : where.end]
            found = _COMPARED.search(head)
            if found is not None:
                start, end = (where.start + offset for offset in found.span("word"))
                return Fix("compare with SUCCESS", UNSAFE, (TextEdit(where.file, start, end, "SUCCESS"),))
    return Fix("compare with SUCCESS", MANUAL)


def _passes(site: Site, refusal: Refusal, request: Request) -> bool:
    """Whether a request comes past the test; one without the certificate that is asked for does not come to it."""
    decision = site.decide(request)
    return decision.cause != "client-certificate" and (decision.verdict != REFUSED or decision.where != refusal.where)


def _with(witness: Request, secure: list[Door], certificate: str) -> Request:
    """The witness over TLS with a certificate in this state; as it is where the server has no TLS."""
    if not secure:
        return witness
    base = witness if witness.tls is not None else through(witness, secure[0])
    return base._replace(tls=Tls(base.tls.sni if base.tls else None, certificate))


def _ask_for_it(subject: Subject) -> tuple[Fix, ...]:
    summary = "ask for certificates: `ssl_verify_client optional;`"
    authority = subject.server.last("ssl_client_certificate")
    written = subject.server.own.get("ssl_verify_client")
    if authority is None:
        return (Fix(summary + " and `ssl_client_certificate`", MANUAL),)
    if written:
        span = written[0].arg_span(0)
        return (Fix(summary, UNSAFE, (TextEdit(span.file, span.start, span.end, "optional"),)),)
    first = subject.server.own.get("ssl_certificate") or subject.server.sequence
    return (Fix(summary, UNSAFE, (insert_before(first[0], "ssl_verify_client optional;"),)),)


def _of_form(fact: IdleDirective, site: Site) -> Finding:
    from audit403_checks.nginx.certificate_forms import in_their_form

    fixes: tuple[Fix, ...] = (
        Fix("write what `openssl x509 -nameopt RFC2253 -subject` and nginx's own log show", MANUAL),
    )
    edits = in_their_form(site, fact)
    if edits is not None:
        fixes = (Fix(edits[0], UNSAFE, edits[1]), *fixes)
    name = fact.subject.server.first_name() if isinstance(fact.subject, Subject) else ""
    message = f"no certificate passes: {fact.message}"
    anchor = f"{name} {fact.message}"
    return Finding(_NAME, ERROR, message, fact.where, fact.because, status=None, fixes=fixes, anchor=anchor, fact=fact)


def _name(subject: Subject) -> str:
    return subject.server.first_name() or "this server"
