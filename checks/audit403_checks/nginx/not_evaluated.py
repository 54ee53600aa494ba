"""A module that may refuse requests is switched on, and what it does cannot be evaluated."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import NOTE, Finding
from audit403.core.registry import check
from audit403_checks.support import told


@check(NOTE, "not-evaluated")
def not_evaluated(fact: Fact, site: Site) -> Iterator[Finding]:
    """A note: whether the program refuses anybody is for its own tests to say."""
    yield from told("nginx/not-evaluated", NOTE, fact)
