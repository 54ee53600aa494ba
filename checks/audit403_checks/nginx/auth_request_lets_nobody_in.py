"""The location that `auth_request` asks answers 403 to everybody, so nobody comes past it."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.support import finding_of, refusal_of


@check(WARNING, "auth-request")
def auth_request_lets_nobody_in(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where this nginx gives the answer itself and no client, header or cookie was found that it lets in."""
    found = refusal_of(fact)
    if found is None or found[0].who != EVERYBODY or found[0].served is not None:
        return
    refusal, subject = found
    directive = (subject.context or subject.server).last("auth_request")
    if directive is None or not directive.args:
        return
    uri = directive.args[0]
    message = f"`auth_request {uri}` lets nobody in: {uri} is answered by this nginx itself, with 403 for everybody"
    fix = Fix(f"let {uri} ask the program that knows who may come in, or answer 204 where it should", MANUAL)
    yield finding_of("nginx/auth-request-lets-nobody-in", WARNING, message, refusal, (fix,), anchor=uri)
