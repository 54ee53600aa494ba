"""A condition tests a key that does not exist."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(ERROR, "unknown-condition-key")
def unknown_condition_key(fact: Fact, site: Site) -> Iterator[Finding]:
    """No request has the key: an Allow allows nothing, and a negation in a Deny denies everything."""
    if isinstance(fact, DocumentFault):
        otherwise = f"take the condition on {fact.subject.written[0]} out"
        yield word_finding("unknown-condition-key", fact, site, otherwise)
