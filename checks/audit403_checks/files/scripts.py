"""Scripts that php-fpm refuses by itself, for the rules about them."""

from collections.abc import Iterator

from audit403.core.decision import Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.request import Request
from audit403.explore.subject import Hit
from audit403.http.php_fpm import RefusedScript
from audit403_checks.files.remedies import Served, served
from audit403_checks.support import Refused, refused_by_any


def refused_script(fact: Fact, site: Site) -> tuple[Refusal, Refused, RefusedScript] | None:
    """The refusal with the script and its pool, as the evaluator has them of the witness."""
    found, running = refused_by_any(fact), served(site)
    if found is None or running is None:
        return None
    refused = _refused_by_pool(running, found[0].witness)[1]
    return None if refused is None else (*found, refused)


def other_endings(fact: Fact, site: Site) -> Iterator[tuple[Hit, Decision, RefusedScript]]:
    """What else the same place hands on in vain: a request for each ending that the witness has not."""
    found, running = refused_by_any(fact), served(site)
    if found is None or running is None:
        return
    seen = {_ending(found[0].witness.target)}
    for hit in found[1].hits:
        decision, refused = _refused_by_pool(running, hit.request)
        if refused is not None and decision.cause == found[0].cause and _ending(hit.request.target) not in seen:
            seen.add(_ending(hit.request.target))
            yield hit, decision, refused


def _refused_by_pool(running: Served, request: Request) -> tuple[Decision, RefusedScript | None]:
    pools = running.evaluator.php_pools
    if pools is not None:
        pools.last = None
    decision: Decision = running.evaluator.decide_anew(request)
    return decision, None if pools is None else pools.last


def _ending(target: str) -> str:
    return target.partition("?")[0].rpartition(".")[2]
