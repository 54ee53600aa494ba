"""A condition compares its key with what that never is."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import listed
from audit403_checks.s3.mending import word_finding


@check(ERROR, "value-of-another-kind")
def value_of_another_kind(fact: Fact, site: Site) -> Iterator[Finding]:
    """An endpoint for a VPC, a number for an ARN, a misspelt word: the two are never equal."""
    if isinstance(fact, DocumentFault):
        otherwise = f"write what is meant for {listed(fact.subject.written)}"
        yield word_finding("value-of-another-kind", fact, site, otherwise)
