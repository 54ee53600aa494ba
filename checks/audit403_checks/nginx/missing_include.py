"""An `include` names a file that is not there or cannot be read."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, WARNING, Finding, Fix
from audit403.core.registry import check

IN_REPOSITORY = "include-in-repository"


@check(ERROR, "include", IN_REPOSITORY)
def missing_include(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only a pattern may match nothing: a plain name that cannot be opened keeps nginx from starting.

    What a repository lacks the deploy may bring: there it is a warning.
    """
    if not isinstance(fact, ReadingFault):
        return
    fixes: tuple[Fix, ...] = ()
    if fact.kind == IN_REPOSITORY or "does not exist" in fact.message:
        fixes = (Fix("put the file there, or take the include out", MANUAL),)
    severity = WARNING if fact.kind == IN_REPOSITORY else ERROR
    yield Finding("nginx/missing-include", severity, fact.message, fact.where, status=None, fixes=fixes, fact=fact)
