"""The world as a live audit sees it: whole trees are listed, single questions are for what a listing does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.evidence.collected import Collected
from audit403.host.collector import HostCollector
from audit403.host.local_shell import LocalShell

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.evidence.collected import CollectedEvidence


def as_listed(*roots: Path) -> CollectedEvidence:
    """Everything below `roots`, listed as it is now."""
    collector = HostCollector(LocalShell(), Collected())
    collector.basics()
    collector.take_trees([str(root) for root in roots])
    return collector.evidence()
