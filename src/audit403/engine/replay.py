"""Fixes tried out before they are offered: the world with the fix is evaluated again.

A fix is proven when the witness is then served, and `also_opens` lists whatever else was refused before and is not any
more, as far as the requests that are asked show it: the witnesses of all refusals, variants of this one, and all of
them with the names and addresses that the fix writes or takes away.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from audit403.core.decision import NOT_REFUSED, REASON_FILE, REASON_NOT_COLLECTED, REFUSED, UNKNOWN, Decision
from audit403.core.edit import TextEdit
from audit403.core.fact import DocumentFault, Fact, ReadingFault, Refusal
from audit403.core.family import Site
from audit403.core.finding import MANUAL, NOTE, SAFE, UNSAFE, Finding, Fix, Visitor
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace, Place
from audit403.core.request import Request
from audit403.engine.addresses import Addresses, addresses_of
from audit403.engine.tree_choice import NONE
from audit403.engine.variants import ABOUT_WHO, differs_in_a_tested_way, variants

MOST_BYTES = 40_000_000
LEAST_WORLDS = 6
"""How much configuration is read again for the fixes of one site, and how often at least; the others stay unproven."""
MOST_EXPLORED, MOST_BYTES_EXPLORED = 16, 200_000
"""How often a document is explored again for the fixes of its faults, and how much of it in all."""
MOST_WITNESSES = 400
MOST_ADDRESSES = 5
_NOT_LOOKED_AT = (REASON_FILE, REASON_NOT_COLLECTED)
_FAULTS = (ReadingFault, DocumentFault)
_LEAST_BATCH = 4
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_TURNS_AWAY = ("internal-location", "return")
_STRANGERS = 6
_WITHHELD = Fix("there is one, and it makes the bucket public: --allow-public shows it", MANUAL)


class _Outcome(NamedTuple):
    """What a fix did: whether its own request is served, and what else is no longer refused."""

    served: bool
    opened: tuple[Request, ...]
    files_unseen: bool = False
    visitors: tuple[Visitor, ...] = ()


class _Was(NamedTuple):
    """What is kept of how a request was decided: of a thousand addresses the traces would take too much room."""

    verdict: str
    cause: str
    where: Place | None


class Replay:
    """Replays the fixes of one site's findings."""

    def __init__(self, site: Site, facts: Iterable[Fact], *, allow_public: bool = False) -> None:
        self.site = site
        self.allow_public = allow_public
        self._withheld: list[Fix] = []
        facts = tuple(facts)
        self.faults = [fact for fact in facts if isinstance(fact, _FAULTS)]
        refusals = [fact for fact in facts if isinstance(fact, Refusal)]
        self.witnesses = tuple(dict.fromkeys(fact.witness for fact in refusals))
        self._is_witness = frozenset(self.witnesses)
        self.addresses = Addresses(refusals)
        self.clients = _Clients(refusals)
        self.worlds = 0
        self.most_worlds = max(LEAST_WORLDS, MOST_BYTES // (site.size + 1))
        self.explored = 0
        self.most_explored = min(MOST_EXPLORED, MOST_BYTES_EXPLORED // (site.size + 1))
        self._before: dict[Request, Decision] = {fact.witness: fact.decision for fact in refusals}
        self._were: dict[Request, _Was] = {}
        self._defects: dict[Request, str] = {}
        self._crlf: dict[str, bool] = {}
        self._named: tuple[Request, ...] | None = None

    def settle(self, findings: list[Finding]) -> list[Finding]:
        """The findings, each with the first of its fixes that proves itself, else the first of all."""
        candidates = [tuple(self._as_written(fix) for fix in _candidates(finding)) for finding in findings]
        for finding in findings:
            if finding.request is not None and finding.severity != NOTE:
                self._defects.setdefault(finding.request, finding.rule)
        settled: dict[int, Fix | None] = {}
        for group in _batches(findings, candidates):
            settled |= self._together([(index, findings[index], candidates[index][0]) for index in group])
        return [
            self._settled(finding, candidates[index], settled.get(index), index in settled)
            for index, finding in enumerate(findings)
        ]

    def _settled(self, finding: Finding, fixes: tuple[Fix, ...], fix: Fix | None, first_was_tried: bool) -> Finding:
        fix = fix or self._first_proven(finding, fixes, first_was_tried)
        told = finding._replace(fix=fix, fixes=())
        if fix is None or fix.proven or not isinstance(finding.fact, Refusal):
            return told
        if not isinstance(finding.fact.where, PathPlace):
            return told
        for other in islice(addresses_of(finding.fact), MOST_ADDRESSES):
            decision = self._decided(other)
            if other == finding.request or (decision.cause, decision.where) != _cause_of(finding.fact):
                continue
            elsewhere = _told_by(finding, other, decision)
            fix = self._first_proven(elsewhere, fixes, first_was_tried=False)
            if fix is not None and fix.proven:
                return elsewhere._replace(fix=fix, fixes=())
        return told

    def _first_proven(self, finding: Finding, fixes: tuple[Fix, ...], first_was_tried: bool) -> Fix | None:
        for fix in fixes[1:] if first_was_tried else fixes:
            outcome = self._try(finding, fix)
            if outcome is not None and self._may_be_offered(finding, fix, outcome) and outcome.served:
                return self._proven(finding, fix, outcome)
        if not fixes:
            return None
        first = next((fix for fix in fixes if fix not in self._withheld), _WITHHELD)
        return first._replace(
            proven=False, applicability=UNSAFE if first.applicability == SAFE else first.applicability, visitors=()
        )

    def _try(self, finding: Finding, fix: Fix) -> _Outcome | None:
        if not fix.changes():
            return None
        changed = self._changed([fix])
        if changed is None:
            return None
        if finding.request is None:
            return self._mends(finding, changed)
        return self._outcome(finding.request, fix, changed, self._shared(finding.request))

    def _changed(self, fixes: list[Fix]) -> Site | None:
        if any(fix.edits for fix in fixes):
            if self.worlds >= self.most_worlds:
                return None
            self.worlds += 1
        try:
            return self.site.with_changes([edit for fix in fixes for edit in fix.changes()])
        except Exception:  # an edit that cannot be made proves nothing
            return None

    def _outcome(self, witness: Request, fix: Fix, changed: Site, shared: Iterable[Request]) -> _Outcome:
        before = self._decided(witness)
        opened = []
        near = variants(witness, before, self.clients.of(witness))
        probes = (*near, *shared, *self._touching(fix, (witness, *shared)))
        pending = dict.fromkeys(probes)
        asked: set[Request] = {witness}
        while pending:
            found = [probe for probe in pending if self._opens(changed, probe, witness, before)]
            asked.update(pending)
            opened += found
            beside = (other for probe in found for other in self.addresses.beside(probe))
            pending = dict.fromkeys(other for other in beside if other not in asked)
        decision = changed.decide(witness)
        is_as_before = (decision.verdict, decision.status) == (before.verdict, before.status)
        served = _is_served(changed, decision) and (before.verdict == REFUSED or not is_as_before)
        visitors = tuple(
            one._replace(
                before=_lets_in(self.site, self._decided(one.request)),
                after=_lets_in(changed, changed.decide(one.request)),
            )
            for one in fix.visitors
        )
        return _Outcome(served, tuple(opened), decision.verdict == UNKNOWN, visitors)

    def _touching(self, fix: Fix, near: Iterable[Request]) -> Iterator[Request]:
        """Refused requests with the names and addresses that the fix is about in what they are tested for."""
        if not fix.edits:
            return
        from audit403.engine.touched import tests_a_name, touched_words, touching

        words = touched_words(fix.edits, {edit.file: self.site.source(edit.file) or b"" for edit in fix.edits})
        if not words:
            return
        if self._named is None:
            named = (request for request in self.witnesses if tests_a_name(self._decided(request)))
            self._named = tuple(islice(named, MOST_WITNESSES))
        for request in dict.fromkeys((*near, *self._named)):
            yield from touching(request, self._decided(request), words)

    def _opens(self, changed: Site, probe: Request, witness: Request, before: Decision) -> bool:
        """Whether a change lets a request in that was refused and is another than the one that it is for."""
        if probe == witness or self._was(probe).verdict != REFUSED or _is_turned_away(changed, probe):
            return False
        return self._is_another(probe, witness, before)

    def _is_another(self, probe: Request, witness: Request, before: Decision) -> bool:
        """Whether letting the probe in is more than mending what refuses the witness."""
        was = self._was(probe)
        if (was.cause, was.where) != (before.cause, before.where):
            return True
        return probe in self._is_witness or differs_in_a_tested_way(probe, witness, before)

    def _mends(self, finding: Finding, changed: Site) -> _Outcome | None:
        """A fix of a fault in what is written: it is gone, no new one has come, and what it lets in is listed."""
        if not isinstance(finding.fact, _FAULTS):
            return None
        if isinstance(finding.fact, DocumentFault):
            if self.explored >= self.most_explored:
                return None
            self.explored += 1
        left: list[tuple[str, str]] = []
        try:
            for fact in changed.facts():
                if not isinstance(fact, _FAULTS):
                    break
                left.append((fact.kind, fact.message))
        except Exception:
            return None
        for fault in self.faults:
            if fault is not finding.fact and (fault.kind, fault.message) in left:
                left.remove((fault.kind, fault.message))
        opened = [witness for witness in self.witnesses if not _is_refused(changed, witness)]
        return _Outcome(not left, tuple(opened))

    def _together(self, group: list[tuple[int, Finding, Fix]]) -> dict[int, Fix | None]:
        """Fixes of one rule on different hosts, tried in one world; None for one that does not prove itself there.

        Empty where they are not as independent as they look: each then gets a world of its own.
        """
        changed = self._changed([fix for _, _, fix in group])
        if changed is None:
            return {}
        own = {finding.request for _, finding, _ in group}
        hosts = {(request.host, request.port) for request in own if request is not None}
        others = [witness for witness in self.witnesses if witness not in own]
        strangers = [witness for witness in others if (witness.host, witness.port) not in hosts]
        if any(not _is_refused(changed, witness) for witness in strangers):
            return {}
        near: dict[tuple[str | None, int], list[Request]] = {}
        for other in (*others, *self.addresses.asked):
            near.setdefault((other.host, other.port), []).append(other)
        tried: dict[int, Fix | None] = {}
        for index, finding, fix in group:
            assert finding.request is not None
            shared = near.get((finding.request.host, finding.request.port), [])
            outcome = self._outcome(finding.request, fix, changed, shared)
            offered = self._may_be_offered(finding, fix, outcome) and outcome.served
            tried[index] = self._proven(finding, fix, outcome) if offered else None
        return tried

    def _may_be_offered(self, finding: Finding, fix: Fix, outcome: _Outcome) -> bool:
        """Whether a fix makes nothing public as far as can be known, or the user allows that."""
        opened = [*outcome.opened]
        if finding.request is not None and (outcome.served or outcome.files_unseen):
            opened.append(finding.request)
        if self.allow_public or not any(map(self.site.makes_public, opened)):
            return True
        self._withheld.append(fix)
        return False

    def _proven(self, finding: Finding, fix: Fix, outcome: _Outcome) -> Fix:
        applicability = fix.applicability
        harmless = all(self._defects.get(request) == finding.rule for request in outcome.opened)
        if applicability == SAFE and (not harmless or self._opens_a_denial(finding)):
            applicability = UNSAFE
        listed = tuple(dict.fromkeys(_line(request) for request in outcome.opened))
        return fix._replace(
            proven=True, applicability=applicability, also_opens=listed, files_unseen=outcome.files_unseen,
            visitors=outcome.visitors,
        )  # fmt: skip

    def _opens_a_denial(self, finding: Finding) -> bool:
        """Whether the place that refuses does so for who is asking: opening that is for a person to decide."""
        if finding.request is None:
            return False
        decision = self._decided(finding.request)
        return any(step.where == decision.where and step.field in ABOUT_WHO for step in decision.trace)

    def _shared(self, witness: Request) -> list[Request]:
        """The witnesses of all refusals under all their addresses, the same host first where there are too many."""
        every = (*self.witnesses, *self.addresses.asked)
        if len(every) <= MOST_WITNESSES:
            return list(every)
        near = [other for other in every if other.host == witness.host]
        return [*near, *every[:: len(every) // MOST_WITNESSES + 1]]

    def _decided(self, request: Request) -> Decision:
        known = self._before.get(request)
        if known is None:
            known = self._before[request] = self.site.decide(request)
        return known

    def _was(self, request: Request) -> _Was:
        known = self._were.get(request)
        if known is None:
            decision = self._before.get(request) or self.site.decide(request)
            known = self._were[request] = _Was(decision.verdict, decision.cause, decision.where)
        return known

    def _as_written(self, fix: Fix) -> Fix:
        """The fix with the line endings of the files that it edits."""
        if not any("\n" in edit.text for edit in fix.edits):
            return fix
        return fix._replace(edits=tuple(self._with_endings(edit) for edit in fix.edits))

    def _with_endings(self, edit: TextEdit) -> TextEdit:
        if not self._has_crlf(edit.file):
            return edit
        return edit._replace(text=edit.text.replace("\r\n", "\n").replace("\n", "\r\n"))

    def _has_crlf(self, path: str) -> bool:
        """Whether most lines of a file end in CR and LF."""
        known = self._crlf.get(path)
        if known is None:
            data = self.site.source(path) or b""
            known = self._crlf[path] = 2 * data.count(b"\r\n") > data.count(b"\n")
        return known


class _Clients:
    """The clients that the refusals speak of."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self._of_host: dict[str | None, dict[str, None]] = {}
        self._others: dict[str, None] = {}
        for fact in refusals:
            for request in (fact.witness, fact.served):
                if request is not None:
                    self._of_host.setdefault(request.host, {})[request.client] = None
                    if len(self._others) < _STRANGERS:
                        self._others[request.client] = None

    def of(self, witness: Request) -> tuple[str, ...]:
        """Those of the same host, and some of other hosts."""
        return tuple(self._of_host.get(witness.host, {}) | self._others)


def _cause_of(fact: Refusal) -> tuple[str, Place]:
    return fact.cause, fact.where


def _told_by(finding: Finding, request: Request, decision: Decision) -> Finding:
    """The finding with another of its addresses: the first one's page may be refused for a second reason as well."""
    said: dict[Place, str] = {link.where: link.message for link in finding.because if isinstance(link.where, PathPlace)}
    because = tuple(link._replace(message=said.get(link.where, link.message)) for link in decision.because)
    return finding._replace(request=request, because=because, log=decision.log, says=decision.says)


def _candidates(finding: Finding) -> tuple[Fix, ...]:
    if finding.fixes:
        return finding.fixes
    return () if finding.fix is None else (finding.fix,)


def _batches(findings: list[Finding], candidates: list[tuple[Fix, ...]]) -> list[list[int]]:
    """Findings of one rule on pairwise different hosts whose first fixes edit text: they can share a world."""
    groups: dict[str, dict[object, int]] = {}
    for index, (finding, fixes) in enumerate(zip(findings, candidates, strict=True)):
        if finding.request is None or not fixes or fixes[0].world or not fixes[0].edits:
            continue
        if fixes[0].applicability == MANUAL:
            continue
        host = (finding.request.host, finding.request.port)
        groups.setdefault(finding.rule, {}).setdefault(host, index)
    return [list(group.values()) for group in groups.values() if len(group) >= _LEAST_BATCH]


def _is_turned_away(site: Site, request: Request) -> bool:
    """Refused, without any answer, or answered with an error by the configuration alone, whatever files there are."""
    decision = site.decide(request)
    if decision.verdict == NOT_REFUSED and decision.status is None:
        return decision.handed_to is None
    error = decision.status is not None and decision.status >= _CLIENT_ERROR
    return decision.verdict == REFUSED or (error and decision.cause in _TURNS_AWAY)


def _is_refused(site: Site, request: Request) -> bool:
    return site.decide(request).verdict == REFUSED


def _lets_in(site: Site, decision: Decision) -> bool | None:
    """Whether a request is served, or asked for a password; None where that is not known."""
    return None if decision.verdict == UNKNOWN else _is_served(site, decision)


def _is_served(site: Site, decision: Decision) -> bool:
    """Not refused, and no error of the server's own in its place.

    Where no tree is claimed anything about, what hangs on files alone is served as far as the configuration decides;
    so is what hangs on settings that are in no document.
    """
    if decision.verdict == UNKNOWN and site.options.tree == NONE and decision.missing:
        return all(missing.reason in _NOT_LOOKED_AT for missing in decision.missing)
    if decision.verdict == REFUSED or (decision.status is None and decision.handed_to is None):
        return False
    return decision.status is None or decision.status < _SERVER_ERROR


def _line(request: Request) -> str:
    headers = ", ".join(f"{name}: {value}" for name, value in request.headers if name.lower() != "user-agent")
    return f"{request.method} {request.url()} from {request.client}" + (f" with {headers}" if headers else "")
