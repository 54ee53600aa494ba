"""A refusal as each kind of request meets it: what holds for one of them may not hold for the others."""

from collections.abc import Iterator

from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import Trails
from audit403.apache.site import ApacheSite
from audit403.core.fact import Refusal
from audit403.core.request import Request

_MOST = 40


def as_each_is_asked(refusal: Refusal, subject: Subject, site: ApacheSite) -> Iterator[tuple[Refusal, Subject]]:
    """The refusal with each of its requests for a witness, its own witness first, and what was in effect there."""
    trails = Trails(site.model)
    requests = [refusal.witness, *(hit.request for hit in subject.hits)]
    requests += [refusal.witness._replace(target=target, method="GET") for target in refusal.addresses]
    for request in list(dict.fromkeys(requests))[:_MOST]:
        found = met_by(refusal, subject, trails, request)
        if found is not None:
            yield found


def met_by(refusal: Refusal, subject: Subject, trails: Trails, request: Request) -> tuple[Refusal, Subject] | None:
    """The refusal with another witness; None where that is not refused for the same cause at the same place."""
    decision, exchange = subject.exchange.evaluator.followed(request)
    if (decision.cause, decision.where) != (refusal.cause, refusal.where) or exchange.server is not subject.server:
        return None
    own = subject._replace(exchange=exchange, sections=trails.sections(exchange, decision))
    return refusal._replace(witness=request, decision=decision, because=decision.because), own
