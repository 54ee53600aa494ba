"""A RewriteRule with [P] where mod_proxy is not loaded: whatever it is to pass on is refused."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.support import finding_of


@check(ERROR, "rewrite-without-proxy")
def proxy_flag_without_proxy(fact: Fact, site: Site) -> Iterator[Finding]:
    """Who wants to refuse writes [F]: a rule that passes requests on wants them answered."""
    found = refusal_of(fact)
    if found is None:
        return
    refusal, _ = found
    target = refusal.witness.target.partition("?")[0]
    message = f"this rule passes {target} on to another server, and mod_proxy is not loaded: it is refused"
    fix = Fix("load mod_proxy and the module for the protocol (Debian: `a2enmod proxy proxy_http`)", MANUAL)
    yield finding_of("apache/proxy-flag-without-proxy", ERROR, message, refusal, (fix,))
