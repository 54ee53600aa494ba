"""The policy of a bucket names the resources of another one."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_resource


@check(ERROR, "resource-of-another-bucket")
def resource_of_another_bucket(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses to take the policy; the statement never applies."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        remedy = "name the bucket whose policy it is"
        fix = other_resource(site, mistake, remedy)
        yield mistake_finding("resource-of-another-bucket", fact, remedy, fix)
