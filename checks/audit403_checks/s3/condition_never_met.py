"""A condition can never be met, because none of its values is of the operator's kind."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "condition-never-met")
def condition_never_met(fact: Fact, site: Site) -> Iterator[Finding]:
    """The statement never applies."""
    if isinstance(fact, DocumentFault):
        remedy = "write values of the operator's kind"
        yield document_finding("condition-never-met", ERROR, fact, remedy)
