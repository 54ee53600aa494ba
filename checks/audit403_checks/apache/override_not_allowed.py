"""An `.htaccess` says what it may not say, or says it wrongly: every request that comes to it is answered with 500."""

from collections.abc import Iterator

from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, WARNING, Finding
from audit403.core.registry import check
from audit403_checks.apache.trailing_comment import comment_of
from audit403_checks.apache.unread_rules import unread_block

_UNLESS = "unless a module that is not known here has it"


@check(ERROR, "htaccess-fault")
def override_not_allowed(fact: Fact, site: Site) -> Iterator[Finding]:
    """Httpd reads such a file for each request and answers none of them; the log says what it has against it."""
    if not isinstance(fact, IdleDirective) or fact.subject is None:
        return
    if isinstance(site, ApacheSite) and (comment_of(fact, site) or unread_block(fact, site)):
        return  # rules of their own tell of these
    request = fact.subject.hits[0].request
    decision = site.decide(request)
    said = fact.message.rpartition(".htaccess: ")[2] or fact.message
    severity = WARNING if said.endswith(_UNLESS) else ERROR
    message = f"every request that comes to this file is answered with 500: {said}"
    yield Finding(
        "apache/override-not-allowed", severity, message, fact.where, fact.because or decision.because, request,
        "every client", decision.status, decision.log, anchor=said, fact=fact,
    )  # fmt: skip
