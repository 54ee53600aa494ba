"""ForAllValues in an Allow lets in every request that does not have the key at all."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake
from audit403_checks.s3.documents import mistake_finding


@check(WARNING, "for-all-values-allow")
def for_all_values_allow(fact: Fact, site: Site) -> Iterator[Finding]:
    """Nobody is refused by it: more are let in than the condition seems to say."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        operator = mistake.written[0]
        remedy = f"write {mistake.instead[0]} for {operator}, or ask for the key with Null as well"
        yield mistake_finding("for-all-values-allow", fact, remedy)
