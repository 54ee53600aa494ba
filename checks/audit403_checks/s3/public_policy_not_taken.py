"""A public policy cannot be put, because BlockPublicPolicy is on."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "public-policy-not-taken")
def public_policy_not_taken(fact: Fact, site: Site) -> Iterator[Finding]:
    """The deployment ends with AccessDenied, and the bucket stays as it was."""
    if not isinstance(fact, DocumentFault):
        return
    remedy = (
        "let CloudFront alone read, by origin access control; or switch BlockPublicPolicy off before the policy is "
        "put, where everybody is meant to read"
    )
    found = document_finding("public-policy-not-taken", ERROR, fact, remedy)
    where = fact.subject.where
    because = () if where is None else (Because(where, f"statement {fact.subject.name} is for everybody"),)
    yield found._replace(because=because)
