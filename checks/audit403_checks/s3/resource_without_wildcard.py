"""A resource ends with a slash, and means nothing that lies in the folder."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_resource


@check(ERROR, "resource-without-wildcard")
def resource_without_wildcard(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 has no folders: the ARN is that of one object, whose key ends with the slash."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        remedy = f"write {mistake.instead[0]}"
        yield mistake_finding("resource-without-wildcard", fact, remedy, other_resource(site, mistake, remedy))
