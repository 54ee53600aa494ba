"""An `include` names a file that is not there or cannot be read."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, Finding, Fix
from audit403.core.registry import check


@check(ERROR, "include")
def missing_include(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only a pattern may match nothing: a plain name that cannot be opened keeps nginx from starting."""
    if not isinstance(fact, ReadingFault):
        return
    fixes: tuple[Fix, ...] = ()
    if "does not exist" in fact.message:
        fixes = (Fix("put the file there, or take the include out", MANUAL),)
    yield Finding("nginx/missing-include", ERROR, fact.message, fact.where, status=None, fixes=fixes, fact=fact)
