"""A principal has a wildcard in its ARN."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "principal-with-a-wildcard")
def principal_with_a_wildcard(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses such a policy, and the statement would match nobody."""
    if isinstance(fact, DocumentFault):
        remedy = "name each principal, or everybody with a condition on aws:PrincipalArn"
        yield document_finding("principal-with-a-wildcard", ERROR, fact, remedy)
