"""A line denies something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.edit import TextEdit
from audit403.core.fact import Refusal
from audit403.core.finding import ERROR, NOTE, SAFE, Finding, Fix
from audit403.core.place import Span
from audit403.core.registry import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit403.core.fact import Fact
    from audit403.core.family import Site


@check(ERROR, "deny")
def denied(fact: Fact, site: Site) -> Iterator[Finding]:
    """Offers to widen the line to /nowhere first, which helps nobody, and then to take it out."""
    assert isinstance(fact, Refusal)
    where = fact.where
    assert isinstance(where, Span)
    text = (site.source(where.file) or b"")[where.start : where.end].decode()
    deliberate = fact.witness.target.startswith("/.")
    fixes = (
        Fix("say it twice", SAFE, (TextEdit(where.file, where.end, where.end, f"\n{text}"),)),
        Fix("take the line out", SAFE, (TextEdit(where.file, where.start, where.end, ""),)),
    )
    yield Finding(
        "fake/denied", NOTE if deliberate else ERROR, f"`{text}` refuses {fact.witness.target}", where,
        request=fact.witness, who=fact.who, log=fact.decision.log, fixes=fixes, fact=fact,
    )  # fmt: skip
