"""Fixes do what they say: made for real on random broken sites, they open the witness, and nothing that is not listed.

A request that the fix opens must be of the witness's kind or of a listed one's: refused before for the same cause at
the same place, and let through after by the same rules.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from audit403.core.decision import REFUSED, Decision
from audit403.core.edit import RemoveEdit, TextEdit, edited
from audit403.core.finding import MANUAL, Finding, Fix
from audit403.core.request import Request
from audit403.engine.audit import Asked, audit
from differential.nginx.broken_generator import BROWSER, BrokenSite, Place
from differential.nginx.explored import REAL_IP, Asker
from servers.need import need_root
from servers.nginx import Nginx, NginxError, main_config
from servers.ports import free_port
from servers.process import server_directory
from servers.rule_trial import _undo, make
from servers.told import tell

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from audit403.core.family import Site

_REQUESTS = 120
_PROVEN = 0.7
"""Several faults stand in one place: of some requests the second one refuses what the first no longer does."""
_LISTED = re.compile(r"(\S+) http://([^/:]+)(?::\d+)?(/\S*) from (\S+)(?: with (.*))?")
_ABOUT_WHO = ("access", "tls", "rewrite")
Kind = tuple[object, ...]


class _Trial:
    """One broken site on disk, as audited and as it runs."""

    def __init__(self, place: Place, site: BrokenSite, counts: Counter[str]) -> None:
        self.place = place
        self.conf = place.prefix / "model.conf"
        self.conf.write_text(main_config(place.prefix, site.text))
        self.server = Nginx(place.prefix, self._live())
        self.requests = site.requests(_REQUESTS)
        self.counts = counts
        self.asker = Asker(self.server)

    def _live(self) -> str:
        text = self.conf.read_text()
        return text.replace("http {", "http { " + REAL_IP, 1)

    def run(self) -> Iterator[str]:
        """What is wrong with the fixes, in words."""
        self.server.start()
        try:
            report = audit([str(self.conf)], Asked(tree="here", no_settings=True, prefix=str(self.place.prefix)))
            (site,) = report.sites
            before = [self.asker.ask(request) for request in self.requests]
            for judged in report.findings:
                finding = judged.finding
                fix = finding.fix
                self.counts["findings"] += 1
                if fix is None or fix.applicability == MANUAL or not fix.changes():
                    continue
                self.counts["fixes"] += 1
                self.counts["proven"] += fix.proven
                self.counts[finding.rule] += 1
                yield from self._made(site, finding, fix, before)
        finally:
            self.server.stop()

    def _made(self, site: Site, finding: Finding, fix: Fix, before: list[int]) -> Iterator[str]:
        """Make one fix, ask everything again, and take it back."""
        others = [edit for edit in fix.changes() if not isinstance(edit, TextEdit | RemoveEdit)]
        undo = [_undo(edit) for edit in others]
        original = self.conf.read_bytes()
        changed = edited(original, fix.edits)
        assert changed is not None, fix
        try:
            self.conf.write_bytes(changed)
            for edit in others:
                make(edit)
            try:
                self.server.restart(self._live())
            except NginxError as error:
                yield f"nginx does not start after {fix}: {error}"
                return
            yield from self._held(site, finding, fix, before)
        finally:
            self.conf.write_bytes(original)
            for back in reversed(undo):
                back()

    def _held(self, site: Site, finding: Finding, fix: Fix, before: list[int]) -> Iterator[str]:
        shown = f"{finding.rule}: “{fix.summary}” {fix.commands or ''} also opens {fix.also_opens}"
        if finding.request is not None and fix.proven:
            status = self.asker.ask(finding.request)
            if status == 403 or status >= 500:
                yield f"{shown}: proven, and the witness gets {status}: {finding.request}"
        after = site.with_changes(fix.changes())
        known = [request for line in fix.also_opens if (request := self._listed(line)) is not None]
        if finding.request is not None:
            known.append(finding.request)
        kinds = {_kind(site, after, request) for request in known}
        for request, status in zip(self.requests, before, strict=True):
            if status != 403 or self.asker.ask(request) == 403:
                continue
            self.counts["opened"] += 1
            if fix.proven and _kind(site, after, request) not in kinds:
                yield f"{shown}: opens what is not listed: {request}\nnot {finding.request}"

    def _listed(self, line: str) -> Request | None:
        found = _LISTED.fullmatch(line)
        if found is None:
            return None
        method, host, target, client, with_headers = found.groups()
        lines = (line.partition(": ") for line in (with_headers or "").split(", ") if line)
        headers = (("User-Agent", BROWSER), *((name, value) for name, _, value in lines))
        to = "::1" if ":" in client else "127.0.0.1"
        return Request(method, "http", host, self.place.port, target, client, headers, to)


def _kind(before: Site, after: Site, request: Request) -> Kind:
    """Why a request was refused, and by which rules it is let through."""
    was, now = before.decide(request), after.decide(request)
    if was.verdict != REFUSED:
        return ("not refused in the model",)
    asked_who = any(step.field == "client" for step in was.trace)
    return (was.cause, _path_or_span(was), _rules(now) if asked_who else None)


def _path_or_span(decision: Decision) -> object:
    return getattr(decision.where, "path", decision.where)


def _rules(decision: Decision) -> frozenset[tuple[object, ...]]:
    """The tests about who is asking that were met."""
    steps = (step for step in decision.trace if step.phase in _ABOUT_WHO and step.met and step.field == "client")
    return frozenset((step.text.split(" matches")[0], step.where) for step in steps)


def test_fixes_open_what_they_say(rng: random.Random, cases: Callable[[int], int]) -> None:
    need_root()
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with server_directory() as prefix:
        place = Place(prefix, free_port())
        for number in range(cases(12)):
            trial = _Trial(place, BrokenSite(rng, place, number), counts)
            wrong += [f"{text}\n{trial.conf.read_text()}" for text in trial.run()]
    tell("\n".join([", ".join(f"{count} {name}" for name, count in sorted(counts.items())), *wrong[:3]]))
    assert not wrong, f"{len(wrong)} fixes that do not do what they say"
    assert counts["fixes"] > cases(12), "too few fixes to say anything"
    assert counts["proven"] >= _PROVEN * counts["fixes"], "too many fixes that could not be proven"
