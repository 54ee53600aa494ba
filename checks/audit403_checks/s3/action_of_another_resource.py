"""An action stands with resources of a kind that it is not for."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403.s3.model.holes import HOLE_START
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_resource


@check(ERROR, "action-of-another-resource")
def action_of_another_resource(fact: Fact, site: Site) -> Iterator[Finding]:
    """Reading objects needs their ARNs, listing a bucket needs its own: the action never applies."""
    if not isinstance(fact, DocumentFault):
        return
    mistake: Mistake = fact.subject
    needed = mistake.resource
    if needed is None:
        yield mistake_finding("action-of-another-resource", fact, "name a resource of the kind that the action is for")
        return
    arn = needed.needed if HOLE_START not in needed.needed else _in_words(needed.needed)
    remedy = f"name {arn} in its place" if needed.in_place else f"name {arn} as well"
    fix = other_resource(site, mistake, remedy)
    yield mistake_finding("action-of-another-resource", fact, remedy, fix)


def _in_words(arn: str) -> str:
    return "the objects, with /* behind the bucket's ARN," if arn.endswith("/*") else "the bucket's own ARN"
