"""A policy variable is plain text, because the policy has an old version."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "variable-without-version")
def variable_without_version(fact: Fact, site: Site) -> Iterator[Finding]:
    """The pattern matches only a key that is written with the variable itself."""
    if isinstance(fact, DocumentFault):
        remedy = "give the policy the Version 2012-10-17"
        yield document_finding("variable-without-version", ERROR, fact, remedy)
