"""An ignore matches no finding."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import WARNING, Finding
from audit403.core.registry import check


@check(WARNING, "unused-ignore")
def unused_ignore(fact: Fact, site: Site) -> Iterator[Finding]:
    """What it left is gone, or its rule is misspelt; left alone it would hide the next fault in that place."""
    if isinstance(fact, DocumentFault):
        yield Finding("audit403/unused-ignore", WARNING, fact.message, fact.where, status=None, fact=fact)
