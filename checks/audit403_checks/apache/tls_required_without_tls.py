"""`SSLRequireSSL` on a server that speaks no TLS: behind a proxy that ends it, every request comes without."""

from collections.abc import Iterator

from audit403.apache.model.ssl import SSL, SslConfig
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.certificates import has_tls, is_whole
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of, remove


@check(ERROR, "ssl-required")
def tls_required_without_tls(fact: Fact, site: Site) -> Iterator[Finding]:
    """Where some server here has TLS the plain one is closed on purpose; where none has, nobody comes in at all."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or not is_whole(site, found[1]) or has_tls(site):
        return
    refusal, subject = found
    config: SslConfig = subject.exchange.config(SSL, SslConfig())
    directive = config.required
    message = (
        "TLS is demanded and no server here speaks it: every request is refused, also behind a proxy that ends TLS"
    )
    summary = "drop SSLRequireSSL; the proxy in front is where plain requests are turned away"
    fixes = () if directive is None else (Fix(summary, UNSAFE, (remove(directive),)),)
    yield finding_of("apache/tls-required-without-tls", ERROR, message, refusal, fixes)
