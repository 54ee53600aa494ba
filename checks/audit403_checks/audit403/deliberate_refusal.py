"""A refusal in which no rule sees a fault: as far as can be told it is meant."""

from collections.abc import Iterator

from audit403.core.fact import Fact, UnjudgedRefusal
from audit403.core.family import Site
from audit403.core.finding import NOTE, Finding
from audit403.core.registry import check


@check(NOTE, "unjudged-refusal")
def deliberate_refusal(fact: Fact, site: Site) -> Iterator[Finding]:
    """So that somebody can go through everything that a configuration refuses, one line a cause and place."""
    if not isinstance(fact, UnjudgedRefusal):
        return
    refusal = fact.refusal
    request = refusal.witness
    more = f", and {refusal.places - 1} other places" if refusal.places > 1 else ""
    yield Finding(
        "audit403/deliberate-refusal",
        NOTE,
        f"{request.target} is refused, on purpose as it seems{more}",
        refusal.where,
        refusal.because,
        request,
        refusal.who,
        refusal.decision.status,
        refusal.decision.log,
        anchor=f"{refusal.cause} {request.target}",
        fact=fact,
    )
