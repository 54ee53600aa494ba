"""The refusals that were found so far: those with the same cause and place are one, with its most ordinary witness."""

from collections.abc import Iterator
from typing import NamedTuple

from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Refusal
from audit403.core.place import PathPlace, Place
from audit403.core.request import Request
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.doors import Doors, from_client
from audit403.nginx.explore.places import Start
from audit403.nginx.explore.search import Asked
from audit403.nginx.explore.subject import (
    PURPOSE_CERTIFICATE,
    PURPOSE_DIRECTORY,
    PURPOSE_FILE,
    PURPOSE_HIDDEN,
    PURPOSE_HOME,
    PURPOSE_PAGE,
    PURPOSE_PROBE,
    PURPOSE_TWIN_NAME,
    Subject,
)
from audit403.nginx.explore.trail import Trails
from audit403.nginx.explore.tree import TreeStart
from audit403.nginx.explore.who import served_beside, who
from audit403.nginx.model.context import AccessRule
from audit403.nginx.model.location import Location

_BLOCKED_ON_THE_WAY = ("ancestor-not-searchable", "index-refused", "directory-unlistable")
_ORDER = (PURPOSE_HOME, PURPOSE_PAGE, PURPOSE_DIRECTORY, PURPOSE_FILE, PURPOSE_PROBE, PURPOSE_CERTIFICATE)
_RANK = {purpose: rank for rank, purpose in enumerate((*_ORDER, PURPOSE_TWIN_NAME, PURPOSE_HIDDEN))}
_SHOWN = 3


class _Candidate(NamedTuple):
    """A refusal before it is known whether a better witness turns up."""

    request: Request
    decision: Decision
    depth: int
    subject: Subject
    served: Request | None
    places: int
    examples: tuple[str, ...]


class Found:
    """Gathers refused requests into refusals."""

    def __init__(self, evaluator: Evaluator, trails: Trails, doors: Doors) -> None:
        self.evaluator = evaluator
        self.trails = trails
        self.doors = doors
        self._found: dict[tuple[object, ...], _Candidate] = {}

    def record(self, start: Start, asked: list[Asked], entries: TreeStart | None) -> None:
        """Take in what is refused among the requests that one start led to."""
        for entry in asked:
            if entry.decision.verdict == REFUSED:
                self.add(start, entry, asked, entries=entries)

    def add(
        self,
        start: Start,
        entry: Asked,
        asked: list[Asked],
        *,
        below: AccessRule | None = None,
        above: AccessRule | None = None,
        entries: TreeStart | None = None,
    ) -> None:
        """Take in one refused request; `asked` are those beside it."""
        request, decision, depth = entry
        server = self.trails.server(request, decision) or start.server
        context = self.trails.context(server, decision)
        subject = Subject(
            server,
            start.socket,
            context if isinstance(context, Location) else None,
            context,
            start.purpose,
            None if entries is None else entries.path,
            below,
            above,
            start.server if start.purpose == PURPOSE_TWIN_NAME else None,
            () if entries is None else entries.names,
            () if entries is None else entries.members,
        )
        key = _key(request, decision, subject)
        known = self._found.get(key)
        places, examples = (1, ()) if entries is None else (entries.places, entries.examples)
        candidate = _Candidate(request, decision, depth, subject, None, places, examples)
        better = known is None or _rank(candidate) < _rank(known)
        if better or (known is not None and known.served is None and known.request == request):
            candidate = candidate._replace(served=served_beside(request, asked))
        self._found[key] = candidate if known is None else _merged(candidate, known, better)

    def refusals(self) -> Iterator[Refusal]:
        """What was found."""
        for candidate in self._found.values():
            yield self._refusal(candidate)

    def _refusal(self, candidate: _Candidate) -> Refusal:
        request, decision, subject = candidate.request, candidate.decision, candidate.subject
        place = decision.where or subject.server.span()
        assert place is not None
        context = subject.context or subject.server
        table = self.trails.table(self.trails.list_of(context, decision))

        def is_refused(client: str) -> bool:
            other = from_client(request, client, self.doors.of(subject.server))
            return other is None or self.evaluator.decide(other).verdict == REFUSED

        return Refusal(
            "nginx",
            decision.cause,
            place,
            decision.because,
            request,
            decision,
            who(request, decision, candidate.served, table, is_refused),
            candidate.served,
            subject,
            candidate.places,
            candidate.examples,
        )


def _key(request: Request, decision: Decision, subject: Subject) -> tuple[object, ...]:
    """What makes two refused requests one refusal."""
    where: Place | str | None = decision.where
    cause = decision.cause
    purpose = ""
    if subject.purpose == PURPOSE_TWIN_NAME or _is_own_challenge(subject):
        purpose = subject.purpose
    if isinstance(where, PathPlace) and cause in _BLOCKED_ON_THE_WAY:
        where, cause = where.path, "blocked"
    if decision.cause == "missing-index":
        purpose = request.target.partition("?")[0]
    below = None if subject.permitted_below is None else subject.permitted_below.directive
    above = None if subject.permitted_above is None else subject.permitted_above.directive
    return (cause, where, id(subject.server), purpose, below, above)


def _merged(candidate: _Candidate, known: _Candidate, better: bool) -> _Candidate:
    kept, other = (candidate, known) if better else (known, candidate)
    if kept.served is None and kept.request == other.request:
        kept = kept._replace(served=other.served)
    if kept.examples == other.examples and kept.request.target == other.request.target:
        return kept
    shown = tuple(dict.fromkeys((*kept.examples, kept.request.target, other.request.target, *other.examples)))
    same = candidate.request.target == known.request.target
    total = max(kept.places, other.places) if same else kept.places + other.places
    return kept._replace(places=total, examples=shown[:_SHOWN])


def _rank(candidate: _Candidate) -> tuple[int, int, bool]:
    """How good a witness it is, best first; behind a closed directory a file shows more than a directory."""
    purpose = candidate.subject.purpose
    if isinstance(candidate.decision.where, PathPlace) and purpose == PURPOSE_FILE:
        return (min(candidate.depth, 1), -1, False)
    return (candidate.depth, _RANK.get(purpose, len(_RANK)), not candidate.subject.names)


def _is_own_challenge(subject: Subject) -> bool:
    """Whether a location with a pattern took a certificate authority's request away from the one around it."""
    return (
        subject.purpose == PURPOSE_CERTIFICATE and subject.location is not None and subject.location.regex is not None
    )
