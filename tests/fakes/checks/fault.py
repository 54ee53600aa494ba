"""A line is a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.edit import TextEdit
from audit403.core.fact import ReadingFault
from audit403.core.finding import SAFE, WARNING, Finding, Fix
from audit403.core.registry import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit403.core.fact import Fact
    from audit403.core.family import Site


@check(WARNING, "fault")
def fault(fact: Fact, site: Site) -> Iterator[Finding]:
    """The word `explode` makes the rule itself fail."""
    assert isinstance(fact, ReadingFault)
    if fact.message == "explode":
        raise KeyError("explode")
    fix = Fix("take the line out", SAFE, (TextEdit(fact.where.file, fact.where.start, fact.where.end, ""),))
    yield Finding("fake/fault", WARNING, fact.message, fact.where, status=None, fixes=(fix,), fact=fact)
