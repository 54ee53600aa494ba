"""An Allow with NotPrincipal is for everybody but those whom it names."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(WARNING, "allow-for-all-but")
def allow_for_all_but(fact: Fact, site: Site) -> Iterator[Finding]:
    """Anonymous visitors are among everybody: the policy is public, and Block Public Access then shuts out more."""
    if isinstance(fact, DocumentFault):
        remedy = "name whom it is for in Principal"
        yield document_finding("allow-for-all-but", WARNING, fact, remedy)
