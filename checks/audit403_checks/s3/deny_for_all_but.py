"""A Deny with NotPrincipal catches those whom it means to spare."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import mistake_finding


@check(WARNING, "deny-for-all-but")
def deny_for_all_but(fact: Fact, site: Site) -> Iterator[Finding]:
    """It denies a user's account where that is not named too, and everybody who has a permissions boundary."""
    if isinstance(fact, DocumentFault):
        remedy = "deny everybody (Principal *) with the condition ArnNotEquals aws:PrincipalArn"
        yield mistake_finding("deny-for-all-but", fact, remedy)
