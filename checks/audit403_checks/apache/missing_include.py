"""An `Include` or a `LoadModule` names a file that is not there or cannot be read."""

from collections.abc import Iterator

from audit403.core.fact import Fact, ReadingFault
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, Finding, Fix
from audit403.core.registry import check


@check(ERROR, "include")
def missing_include(fact: Fact, site: Site) -> Iterator[Finding]:
    """Only a pattern may match nothing: a plain name that cannot be opened keeps httpd from starting.

    The modules' files of another machine are seldom here: of those it is a note.
    """
    if not isinstance(fact, ReadingFault):
        return
    is_module = fact.message.startswith("the module's file")
    fixes = (Fix("put the file there, or take the line out", MANUAL),)
    severity = NOTE if is_module else ERROR
    name = "apache/missing-include"
    yield Finding(name, severity, fact.message, fact.where, status=None, fixes=fixes, anchor=fact.message, fact=fact)
