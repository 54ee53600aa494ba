"""A directive that nobody here knows: a module's, or a slip of the pen."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, Finding, Fix
from audit403.core.registry import check


@check(NOTE, "directive")
def unknown_directive(fact: Fact, site: Site) -> Iterator[Finding]:
    """Without the module nginx does not start; what the directive does is not known here, so it is left out."""
    if isinstance(fact, ReadingFault) and fact.message.startswith("unknown directive"):
        fix = Fix("mend the name, or load the module that has it", MANUAL)
        yield Finding("nginx/unknown-directive", NOTE, fact.message, fact.where, status=None, fixes=(fix,), fact=fact)
