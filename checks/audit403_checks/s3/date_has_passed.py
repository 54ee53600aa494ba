"""A statement allows something until a day that has passed."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(WARNING, "date-has-passed")
def date_has_passed(fact: Fact, site: Site) -> Iterator[Finding]:
    """The statement allows nothing any more."""
    if isinstance(fact, DocumentFault):
        remedy = "take the statement out, or give it a later day"
        yield document_finding("date-has-passed", WARNING, fact, remedy)
