"""A condition tests a key that no request of the action brings."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403.s3.explore.mistake import Mistake, listed
from audit403_checks.s3.documents import mistake_finding


@check(ERROR, "condition-key-of-another-action")
def condition_key_of_another_action(fact: Fact, site: Site) -> Iterator[Finding]:
    """The key is never there: an Allow allows nothing, and a negation in a Deny denies everything."""
    if isinstance(fact, DocumentFault):
        mistake: Mistake = fact.subject
        remedy = f"put {listed(mistake.written)} into a statement of its own, without {mistake.instead[0]}"
        if set(mistake.written) == set(mistake.statement.actions or ()):
            remedy = f"take the condition on {mistake.instead[0]} out"
        yield mistake_finding("condition-key-of-another-action", fact, remedy)
