"""A key comes twice in one object, and only its last value counts."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check
from audit403_checks.support import told


@check(WARNING, "duplicate-key")
def duplicate_key(fact: Fact, site: Site) -> Iterator[Finding]:
    """The grammar of policies forbids it; where it is taken, the earlier values are lost."""
    if isinstance(fact, ReadingFault):
        for found in told("s3/duplicate-key", WARNING, fact):
            yield found._replace(fixes=(Fix("put all values of the key into one list", MANUAL),))
