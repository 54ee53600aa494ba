"""A statement names an action that does not exist."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(ERROR, "unknown-action")
def unknown_action(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 refuses a bucket policy with such an action; elsewhere it allows nothing."""
    if isinstance(fact, DocumentFault):
        otherwise = f"take {fact.subject.written[0]} out, or write the action that is meant"
        yield word_finding("unknown-action", fact, site, otherwise)
