"""A policy names a user or a role without the path that it has."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(WARNING, "principal-of-another-path")
def principal_of_another_path(fact: Fact, site: Site) -> Iterator[Finding]:
    """The path is a part of the ARN: there is nobody of the other one."""
    if isinstance(fact, DocumentFault):
        yield word_finding("principal-of-another-path", fact, site, "write the whole ARN")
