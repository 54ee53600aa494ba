"""A condition compares its key with what that never is."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake, listed
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.mending import other_word


@check(ERROR, "value-of-another-kind")
def value_of_another_kind(fact: Fact, site: Site) -> Iterator[Finding]:
    """An endpoint for a VPC, a number for an ARN, a misspelt word: the two are never equal."""
    if not isinstance(fact, DocumentFault):
        return
    mistake: Mistake = fact.subject
    if not mistake.instead:
        yield mistake_finding("value-of-another-kind", fact, f"write what is meant for {listed(mistake.written)}")
        return
    (written,), (right,) = mistake.written, mistake.instead
    remedy = f"write {right} for {written}"
    fix = other_word(site, mistake, remedy, written, right)
    yield mistake_finding("value-of-another-kind", fact, remedy, fix)
