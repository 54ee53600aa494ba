"""What exploration finds of a small httpd that is only written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apache.decide.asked import Httpd
from audit403.apache.explore.explorer import Explorer
from audit403.core.fact import Fact, Refusal

if TYPE_CHECKING:
    from pathlib import Path


class Found:
    """All facts of one configuration, and what was missed."""

    def __init__(self, prefix: Path, body: str, htaccess: str = "", *, tree_known: bool = True) -> None:
        httpd = Httpd(prefix, body, htaccess)
        explorer = Explorer(httpd.model, httpd.evaluator, tree_known)
        self.facts: list[Fact] = list(explorer.facts())
        self.missed = [one.reason for one in explorer.missed]
        self.evaluator = httpd.evaluator

    @property
    def refusals(self) -> list[Refusal]:
        """The refusals."""
        return [fact for fact in self.facts if isinstance(fact, Refusal)]

    def of(self, cause: str) -> list[Refusal]:
        """Those with one cause."""
        return [refusal for refusal in self.refusals if refusal.cause == cause]

    def only(self, cause: str) -> Refusal:
        """The one with a cause."""
        (found,) = self.of(cause)
        return found
