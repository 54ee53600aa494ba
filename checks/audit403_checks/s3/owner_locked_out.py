"""A Deny keeps the owner's own administrators from changing the policy."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "owner-locked-out")
def owner_locked_out(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only the root user of the account can still mend it."""
    if isinstance(fact, DocumentFault):
        remedy = "except the administrators from the Deny, or the actions on the policy"
        yield document_finding("owner-locked-out", ERROR, fact, remedy)
