"""What the rules say of a site that is served by a process that runs, with the fixes that proved themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.finding import NOTE
from audit403.engine.judge import Judges, facts_of, findings_of
from audit403.engine.replay import Replay
from audit403.evidence.forwarding import Forwarding
from audit403.evidence.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit403.core.edit import Edit
    from audit403.core.family import NotAudited, Site
    from audit403.core.finding import Finding
    from audit403.evidence.interface import Evidence
    from audit403.evidence.machine import Machine


class OnMachine(Forwarding):
    """A world of which is known what runs in it."""

    def __init__(self, inner: Evidence, machine: Machine) -> None:
        super().__init__(inner)
        self._machine = machine

    def machine(self) -> Machine:
        return self._machine

    def with_changes(self, edits: Iterable[Edit]) -> Evidence:
        return Overlay(self, edits)


def findings_about(site: Site, family: str) -> list[Finding]:
    """The errors and warnings of a site."""
    missed: list[NotAudited] = []
    facts = facts_of(site, missed)
    found = findings_of(facts, site, Judges().of(family), missed)
    told = [finding for finding in found if finding.severity != NOTE]
    assert not missed, missed
    return Replay(site, facts).settle(told)
