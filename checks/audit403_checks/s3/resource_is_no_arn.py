"""A resource is not written as an ARN."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403.s3.model.holes import HOLE_START
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_resource


@check(ERROR, "resource-is-no-arn")
def resource_is_no_arn(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses to take the policy; the resource matches nothing."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        right = mistake.instead[0] if mistake.instead else "arn:aws:s3:::BUCKET or arn:aws:s3:::BUCKET/KEY"
        remedy = f"write {right}"
        if HOLE_START in right:
            remedy = "write the bucket's ARN (!GetAtt NAME.Arn, aws_s3_bucket.NAME.arn) in place of its name"
        fix = other_resource(site, mistake, remedy)
        yield mistake_finding("resource-is-no-arn", fact, remedy, fix)
