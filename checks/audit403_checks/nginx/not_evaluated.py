"""A module that may refuse requests is switched on, and what it does cannot be evaluated."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import NOTE, Finding
from audit403.core.registry import check


@check(NOTE, "not-evaluated")
def not_evaluated(fact: Fact, site: Site) -> Iterator[Finding]:
    """A note: whether the program refuses anybody is for its own tests to say."""
    if isinstance(fact, ReadingFault):
        yield Finding(
            "nginx/not-evaluated", NOTE, fact.message, fact.where, status=None, anchor=fact.message, fact=fact
        )
