"""A directive that nginx refuses: in the wrong block, with wrong arguments, or with a value that it cannot take."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check


@check(ERROR, "rejected", "context", "arguments")
def rejected_directive(fact: Fact, site: Site) -> Iterator[Finding]:
    """As with any other mistake nginx then does not start, or goes on with what it had loaded before."""
    if isinstance(fact, ReadingFault):
        message = f"nginx does not start with this: {fact.message}" if fact.kind == "rejected" else fact.message
        yield Finding("nginx/rejected-directive", ERROR, message, fact.where, status=None, fact=fact)
