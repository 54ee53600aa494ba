"""A condition's operator is for values of another type than its key has."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(ERROR, "operator-of-another-type")
def operator_of_another_type(fact: Fact, site: Site) -> Iterator[Finding]:
    """The two are never equal: an Allow allows nothing, and a negation in a Deny denies everything."""
    if isinstance(fact, DocumentFault):
        otherwise = f"use an operator that is for {fact.subject.written[1]}"
        yield word_finding("operator-of-another-type", fact, site, otherwise)
