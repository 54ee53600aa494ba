"""A statement names a user or a role that was deleted."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "deleted-principal")
def deleted_principal(fact: Fact, site: Site) -> Iterator[Finding]:
    """What is left of a deleted principal is its number, which is nobody."""
    if isinstance(fact, DocumentFault):
        remedy = "name the user or the role that is there now"
        yield document_finding("deleted-principal", ERROR, fact, remedy)
