"""A resource is of another partition than its bucket, or whom the statement names."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_resource


@check(WARNING, "resource-of-another-partition")
def resource_of_another_partition(fact: Fact, site: Site) -> Iterator[Finding]:
    """An ARN of aws matches nothing in aws-cn or aws-us-gov."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        remedy = f"write {mistake.instead[0]}"
        yield mistake_finding("resource-of-another-partition", fact, remedy, other_resource(site, mistake, remedy))
