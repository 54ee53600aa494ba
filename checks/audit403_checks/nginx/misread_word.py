"""A word is taken otherwise than it looks: a line as arguments of the one above, or an odd space as a letter."""

from collections.abc import Iterator

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, WARNING, Finding, Fix
from audit403.core.registry import check

_SWALLOWED = 'a ";" seems to be missing'


@check(WARNING, "suspicious")
def misread_word(fact: Fact, site: Site) -> Iterator[Finding]:
    """The server starts with it, so nobody is told that the line does nothing."""
    if not isinstance(fact, ReadingFault):
        return
    fixes: tuple[Fix, ...] = ()
    if _SWALLOWED in fact.message and fact.where.start == fact.where.end:
        edit = TextEdit(fact.where.file, fact.where.start, fact.where.end, ";")
        fixes = (Fix("put the `;` there", UNSAFE, (edit,)),)
    yield Finding("nginx/misread-word", WARNING, fact.message, fact.where, status=None, fixes=fixes, fact=fact)
