"""An answer hangs on what is not known here: a program, a login of another module, DNS, a certificate's names."""

from collections.abc import Iterator

from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import NOTE, Finding
from audit403.core.registry import check
from audit403_checks.support import told


@check(NOTE, "not-evaluated")
def not_evaluated(fact: Fact, site: Site) -> Iterator[Finding]:
    """A note: whether anybody is refused is for other tests to say."""
    yield from told("apache/not-evaluated", NOTE, fact)
