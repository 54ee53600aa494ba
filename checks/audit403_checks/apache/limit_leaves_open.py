"""A `<Limit>` closes a place for its methods alone, and a program takes others from everybody; or it closes nothing."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.core.fact import Fact, IdleDirective
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check


@check(WARNING, "limit-leaves-open", "limit-never-counts")
def limit_leaves_open(fact: Fact, site: Site) -> Iterator[Finding]:
    """Programs answer methods that they do not know like GET; who closes a place for GET means to close it."""
    if not isinstance(fact, IdleDirective) or not isinstance(fact.subject, Subject):
        return
    request = fact.subject.hits[0].request
    decision = site.decide(request)
    because = (*fact.because, *decision.because)
    fix = Fix("take the lines <Limit …> and </Limit> away, so that what stands in it holds for all methods", MANUAL)
    if fact.kind == "limit-never-counts":
        because = fact.because
        fix = Fix("put the line that lets everybody in into a section for the other methods", MANUAL)
    yield Finding(
        "apache/limit-leaves-open", WARNING, fact.message, fact.where, because, request,
        "whoever was to be kept out", decision.status, decision.log, fixes=(fix,), fact=fact,
    )  # fmt: skip
