"""An asterisk stands in a value that is compared letter by letter."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_word


@check(ERROR, "wildcard-without-like")
def wildcard_without_like(fact: Fact, site: Site) -> Iterator[Finding]:
    """StringEquals knows no wildcards: an Allow allows nothing, and a StringNotEquals in a Deny denies everything."""
    if not isinstance(fact, DocumentFault):
        return
    mistake: Mistake = fact.subject
    operator, key = mistake.written
    if not mistake.instead:
        yield mistake_finding("wildcard-without-like", fact, f"write what {key} really is, or use StringLike")
        return
    remedy = f"write {mistake.instead[0]} for {operator}"
    yield mistake_finding(
        "wildcard-without-like", fact, remedy, other_word(site, mistake, remedy, operator, mistake.instead[0])
    )
