"""Terraform may put a public policy before Block Public Access lets it."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.place import Because
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(WARNING, "policy-before-public-access-block")
def policy_before_public_access_block(fact: Fact, site: Site) -> Iterator[Finding]:
    """The first apply ends with AccessDenied where the policy is faster; the second goes through."""
    if not isinstance(fact, DocumentFault):
        return
    remedy = "let the policy wait: depends_on = [aws_s3_bucket_public_access_block.NAME] in aws_s3_bucket_policy"
    found = document_finding("policy-before-public-access-block", WARNING, fact, remedy)
    where = fact.subject.where
    because = () if where is None else (Because(where, f"statement {fact.subject.name} is for everybody"),)
    yield found._replace(because=because)
