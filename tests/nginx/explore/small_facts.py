"""What exploration finds in a small world in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.fact import Refusal
from audit403.nginx.explore.explorer import Explorer
from nginx.decide.small_site import evaluator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit403.evidence.interface import Entry
    from audit403.explore.subject import Hit


def refusals(tree: Mapping[str, Entry] | None, server: str) -> list[Refusal]:
    """The refusals of one server block; without a tree nothing is known of files."""
    asked = evaluator(tree or {}, server)
    facts = Explorer(asked.model, asked, tree is not None).facts()
    return [fact for fact in facts if isinstance(fact, Refusal)]


def hits(tree: Mapping[str, Entry] | None, server: str) -> list[Hit]:
    """The kinds of requests that any refusal hits."""
    return [hit for refusal in refusals(tree, server) for hit in refusal.subject.hits]
