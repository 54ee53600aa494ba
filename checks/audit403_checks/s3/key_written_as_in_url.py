"""The key in a resource begins with a slash, or is percent-encoded."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_resource


@check(WARNING, "key-written-as-in-url")
def key_written_as_in_url(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 compares the key itself, which has neither."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        remedy = f"write {mistake.instead[0]}"
        yield mistake_finding("key-written-as-in-url", fact, remedy, other_resource(site, mistake, remedy))
