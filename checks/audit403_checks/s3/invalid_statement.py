"""A statement of a policy is not one that S3 takes."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "invalid-statement")
def invalid_statement(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses the whole policy, or never applies the statement."""
    if isinstance(fact, DocumentFault):
        remedy = "write the statement as the grammar of policies has it"
        yield document_finding("invalid-statement", ERROR, fact, remedy)
