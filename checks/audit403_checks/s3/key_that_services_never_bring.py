"""An Allow for a service asks for a condition key that services never bring."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import mistake_finding


@check(WARNING, "key-that-services-never-bring")
def key_that_services_never_bring(fact: Fact, site: Site) -> Iterator[Finding]:
    """The service is refused whatever it does."""
    if isinstance(fact, DocumentFault):
        remedy = "test aws:SourceAccount, aws:SourceArn or aws:SourceOrgID in its place"
        yield mistake_finding("key-that-services-never-bring", fact, remedy)
