"""`server_name` lists a name that an `if` on the Host refuses to serve."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.address import parse_address
from audit403_checks.support import finding_of, own_refusal_of, refusing_if

_MOST_NAMES = 20


@check(WARNING, "return")
def own_name_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """The test names whom it lets through, and these are not all; one that names whom it refuses means it."""
    found = own_refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    place = refusing_if(refusal, subject)
    test = None if place is None else place[1].condition
    if test is None or test.variable not in ("host", "http_host") or not test.operator.startswith("!"):
        return
    refused, served = [], []
    for name in _plain_names(subject):
        decision = site.decide(_asked_as(refusal.witness, name))
        if decision.verdict == REFUSED and decision.where == refusal.where:
            refused.append(name)
        elif decision.verdict != REFUSED:
            served.append(name)
    if not refused or not served:
        return
    request = _asked_as(refusal.witness, refused[0])
    decision = site.decide(request)
    names = ", ".join(refused[:3]) + (", …" if len(refused) > 3 else "")
    message = f"`server_name` lists {names}, and the test of the Host lets only {', '.join(served[:3])} through"
    fix = Fix(f"redirect {names} to {served[0]} in a server block of its own, or let it through", MANUAL)
    listed = subject.server.own.get("server_name", [])
    chain = (Because(listed[0].span, "lists it"),) if listed else ()
    finding = finding_of("nginx/own-name-refused", WARNING, message, refusal, (fix,), anchor=" ".join(refused))
    who = f"requests to {names}"
    yield finding._replace(request=request, who=who, because=(*chain, *decision.because), log=decision.log)


def _plain_names(subject: Subject) -> list[str]:
    """The names in full, without addresses, wildcards, patterns and names that only this machine has."""
    texts = [name.text for name in subject.server.names if name.text is not None and name.regex is None]
    found = [text for text in texts if "." in text and not text.startswith((".", "*")) and not text.endswith(".*")]
    return [text for text in found if parse_address(text) is None][:_MOST_NAMES]


def _asked_as(request: Request, name: str) -> Request:
    tls = request.tls if request.tls is None else request.tls._replace(sni=name)
    return request._replace(host=name, tls=tls)
