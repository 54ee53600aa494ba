"""A `<Limit>` closes a place for the methods that it lists, and a program behind it takes others from everybody."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check


@check(WARNING, "limit-leaves-open")
def limit_leaves_open(fact: Fact, site: Site) -> Iterator[Finding]:
    """Programs answer methods that they do not know like GET; who closes a place for GET means to close it."""
    if not isinstance(fact, IdleDirective) or not isinstance(fact.subject, Subject):
        return
    request = fact.subject.hits[0].request
    decision = site.decide(request)
    fix = Fix("take the lines <Limit …> and </Limit> away, so that what stands in it holds for all methods", MANUAL)
    yield Finding(
        "apache/limit-leaves-open", WARNING, fact.message, fact.where, (*fact.because, *decision.because), request,
        "whoever was to be kept out", decision.status, decision.log, fixes=(fix,), fact=fact,
    )  # fmt: skip
