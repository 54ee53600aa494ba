"""A section asks for a certificate that its virtual host has not asked for: under TLS 1.3 no browser shows one then."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.model.ssl import ALL_PROTOCOLS, NONE, REQUIRE, SslConfig
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.certificates import (
    asked_for,
    has_authorities,
    is_whole,
    secure_doors,
    set_in,
    settings_of,
    with_certificate,
)
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, insert_after

_SPELLED = {"sslv3": "SSLv3", "tlsv1": "TLSv1", "tlsv1.1": "TLSv1.1", "tlsv1.2": "TLSv1.2"}


@check(ERROR, "post-handshake")
def client_certificate_under_tls13(fact: Fact, site: Site) -> Iterator[Finding]:
    """An error where nobody has to have a certificate; programs that show one afterwards get past a `require`."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or not is_whole(site, found[1]):
        return
    refusal, subject = found
    config = subject.ssl
    own = settings_of(subject).verify or NONE
    mode = config.verify or own
    requires = REQUIRE in (mode, own)
    severity = WARNING if requires else ERROR
    asks = "SSLVerifyDepth" if own == mode else f"SSLVerifyClient {mode}"
    message = f"`{asks}` of a section is asked for after the handshake, which browsers do not do under TLS 1.3"
    request = refusal.witness
    if has_authorities(subject):
        request = with_certificate(request, secure_doors(site, subject), "verified")
    decision = site.decide(request)
    fixes = tuple(_fixes(subject, config, own, mode))
    finding = finding_of("apache/client-certificate-under-tls13", severity, message, refusal, fixes)
    yield finding._replace(request=request, who="browsers and all others that do not do it", log=decision.log)


def _fixes(subject: Subject, config: SslConfig, own: str, mode: str) -> Iterator[Fix]:
    """Ask in the handshake where that lets everybody in as before; otherwise the protocol that can ask again."""
    if own == mode:
        yield Fix("say SSLVerifyDepth in the virtual host instead", MANUAL)
        return
    if REQUIRE in (own, mode) and not has_authorities(subject):
        yield Fix("name the authority with `SSLCACertificateFile`, and let the virtual host ask", MANUAL)
        return
    asking = _asking(subject, config, mode)
    older = _without_tls_1_3(subject)
    if mode != REQUIRE:
        yield from (fix for fix in (asking, older) if fix is not None)
    else:
        yield from (fix for fix in (older, asking) if fix is not None)
    yield Fix("ask for certificates in the virtual host with `SSLVerifyClient`", MANUAL)


def _asking(subject: Subject, config: SslConfig, mode: str) -> Fix | None:
    edit = asked_for(subject, "optional" if mode == REQUIRE else mode)
    if edit is None or config.verify_directive is None:
        return None
    if mode != REQUIRE:
        return Fix(f"let the virtual host ask: `SSLVerifyClient {mode}`", UNSAFE, (edit,))
    test = 'SSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"'
    return Fix(
        "let the virtual host ask, and test in the section what came of it",
        UNSAFE,
        (edit, insert_after(config.verify_directive, test)),
    )


def _without_tls_1_3(subject: Subject) -> Fix | None:
    protocols = settings_of(subject).protocols
    kept = [_SPELLED[name] for name in _SPELLED if name in (protocols or ())]
    if protocols is not None and not kept:
        return None
    if protocols is None or protocols == ALL_PROTOCOLS:
        value = "all -TLSv1.3"
    else:
        value = " ".join((kept[0], *(f"+{one}" for one in kept[1:])))
    edit = set_in(subject, "SSLProtocol", value)
    return None if edit is None else Fix("do without TLS 1.3 here", UNSAFE, (edit,))
