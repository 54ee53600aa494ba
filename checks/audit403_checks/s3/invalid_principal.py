"""A bucket policy names a principal of a form that S3 does not take."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(ERROR, "invalid-principal")
def invalid_principal(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses the whole policy: "Invalid principal in policy"."""
    if isinstance(fact, DocumentFault):
        otherwise = "name an account, a user, a role or a service"
        yield word_finding("invalid-principal", fact, site, otherwise)
