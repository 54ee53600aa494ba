"""The location that `auth_request` asks refuses everybody or is not there, so nobody comes past it."""

from collections.abc import Iterator

from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403_checks.nginx.sent_on import EVERYBODY
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of

_NAME = "nginx/auth-request-lets-nobody-in"
_ASK = "the program that knows who may come in, or answer 204 where it should"


@check(WARNING, "auth-request", "auth-request-fails")
def auth_request_lets_nobody_in(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only where this nginx gives the answer itself and no client, header or cookie was found that it lets in."""
    if isinstance(fact, IdleDirective):
        yield from _failing(fact, site)
        return
    found = refusal_of(fact)
    if found is None or found[0].who != EVERYBODY or found[0].served is not None:
        return
    refusal, subject = found
    directive = (subject.context or subject.server).last("auth_request")
    if directive is None or not directive.args:
        return
    uri = directive.args[0]
    message = f"`auth_request {uri}` lets nobody in: {uri} is answered by this nginx itself, with 403 for everybody"
    fix = Fix(f"let {uri} ask {_ASK}", MANUAL)
    yield finding_of(_NAME, WARNING, message, refusal, (fix,), anchor=uri)


def _failing(fact: IdleDirective, site: Site) -> Iterator[Finding]:
    """The subrequest ends with a status that says neither yes nor no."""
    subject = fact.subject
    if not isinstance(subject, Subject) or not subject.hits:
        return
    request = subject.hits[0].request
    trace = site.decide(request).trace
    step = next((one for one in reversed(trace) if one.where == fact.where and one.met is False), None)
    if step is None:
        return
    head, _, status = step.text.rpartition(" answers ")
    uri = head.removeprefix("auth_request: ")
    what = f"there is no {uri}" if status == "404" else f"{uri} is answered with {status}"
    message = f"`auth_request {uri}` lets nobody in: {what}, and nginx makes it 500 for everybody"
    fix = Fix(f"make a location for {uri} that asks {_ASK}", MANUAL)
    anchor = f"{subject.server.first_name()} {uri}"
    yield Finding(
        _NAME,
        ERROR,
        message,
        fact.where,
        fact.because,
        request,
        EVERYBODY,
        500,
        fact.message or None,
        fixes=(fix,),
        anchor=anchor,
        fact=fact,
    )
