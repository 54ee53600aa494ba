"""An asterisk stands in a value that is compared letter by letter."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.mending import word_finding


@check(ERROR, "wildcard-without-like")
def wildcard_without_like(fact: Fact, site: Site) -> Iterator[Finding]:
    """StringEquals knows no wildcards: an Allow allows nothing, and a StringNotEquals in a Deny denies everything."""
    if isinstance(fact, DocumentFault):
        otherwise = f"write what {fact.subject.written[1]} really is, or use StringLike"
        yield word_finding("wildcard-without-like", fact, site, otherwise)
