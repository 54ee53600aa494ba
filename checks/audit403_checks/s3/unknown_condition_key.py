"""A condition tests a key that does not exist."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_word


@check(ERROR, "unknown-condition-key")
def unknown_condition_key(fact: Fact, site: Site) -> Iterator[Finding]:
    """No request has the key: an Allow allows nothing, and a negation in a Deny denies everything."""
    if not isinstance(fact, DocumentFault):
        return
    mistake: Mistake = fact.subject
    (written,) = mistake.written
    if not mistake.instead:
        yield mistake_finding("unknown-condition-key", fact, f"take the condition on {written} out")
        return
    remedy = f"write {mistake.instead[0]} for {written}"
    fix = other_word(site, mistake, remedy, written, mistake.instead[0])
    yield mistake_finding("unknown-condition-key", fact, remedy, fix)
