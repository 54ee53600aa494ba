"""A condition's operator is for values of another type than its key has."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_word


@check(ERROR, "operator-of-another-type")
def operator_of_another_type(fact: Fact, site: Site) -> Iterator[Finding]:
    """The two are never equal: an Allow allows nothing, and a negation in a Deny denies everything."""
    if not isinstance(fact, DocumentFault):
        return
    mistake: Mistake = fact.subject
    operator, key = mistake.written
    if not mistake.instead:
        yield mistake_finding("operator-of-another-type", fact, f"use an operator that is for {key}")
        return
    remedy = f"write {mistake.instead[0]} for {operator}"
    yield mistake_finding(
        "operator-of-another-type", fact, remedy, other_word(site, mistake, remedy, operator, mistake.instead[0])
    )
