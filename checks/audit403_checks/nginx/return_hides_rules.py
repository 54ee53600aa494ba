"""A `return 403` ends every request before the directives beside it are looked at."""

from collections.abc import Iterator

from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403.core.request import Request
from audit403.explore.ordinary import quoted
from audit403.nginx.explore.doors import ordinary_request
from audit403.nginx.explore.regions import RuleTable
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.context import Context
from audit403.nginx.model.location import Location
from audit403.nginx.read.tree import Directive
from audit403_checks.support import remove


@check(WARNING, "behind-return")
def return_hides_rules(fact: Fact, site: Site) -> Iterator[Finding]:
    """`return` runs in the rewrite phase: allow, auth_basic, proxy_pass and whole locations come later and never."""
    if not isinstance(fact, IdleDirective) or not isinstance(fact.subject, Subject):
        return
    subject = fact.subject
    owner = subject.location or subject.server
    ending = next((one for one in owner.own.get("return", ()) if one.span == fact.where), None)
    if ending is None:
        return
    where = subject.location.label() if subject.location is not None else f"server {subject.server.first_name()}"
    target = _target(subject.location)
    request = _let_in(ordinary_request(subject.server, subject.socket, target), owner)
    decision = site.decide(request)
    if decision.verdict != "refused":
        return
    yield Finding(
        "nginx/return-hides-rules",
        WARNING,
        f"`return 403` in {where} comes before everything else there: {fact.message}",
        fact.where,
        fact.because,
        request,
        "every client",
        403,
        decision.log,
        fixes=(_fix(ending),),
        anchor=f"{subject.server.first_name()} {where}",
        fact=fact,
    )


def _let_in(request: Request, owner: Context) -> Request:
    """The request from a client whom the allow/deny list behind the `return` lets in, if it lets in anybody."""
    passing = [
        client for client in RuleTable(owner.access_rules()).passing() if (":" in client) == (":" in request.client)
    ]
    return request._replace(client=passing[0]) if passing and request.client not in passing else request


def _target(location: Location | None) -> str:
    if location is None or location.regex is not None or not location.name.startswith("/"):
        return "/"
    return quoted(location.name)


def _fix(ending: Directive) -> Fix:
    return Fix("take the `return` out", UNSAFE, (remove(ending),))
