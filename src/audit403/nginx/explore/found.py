"""The refusals that were found so far: those with the same cause and place are one, with its most ordinary witness."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.core.decision import NOT_REFUSED, REFUSED, Decision
from audit403.core.fact import Refusal
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace
from audit403.core.request import Request
from audit403.explore.asked import Asked
from audit403.explore.blocking import Blocking, of_one_kind
from audit403.explore.hits import Hits
from audit403.explore.subject import (
    MEANT_NAMES,
    PURPOSE_CERTIFICATE,
    PURPOSE_FILE,
    PURPOSE_PROBE,
    WAY_ERROR_PAGE,
    WAY_INDEX,
    WAY_REWRITE,
    WAY_TRY_FILES,
    Hit,
    rank_of,
)
from audit403.explore.who import served_beside
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.doors import Doors
from audit403.nginx.explore.places import Start
from audit403.nginx.explore.settle import Settled, Settler
from audit403.nginx.explore.subject import Subject
from audit403.nginx.explore.trail import Trails, sent_by
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location, every_location
from audit403.nginx.model.server import Server

if TYPE_CHECKING:
    from audit403.explore.blocking import TreeStart
    from audit403.nginx.explore.translation import Translation

_MOST_ADDRESSES = 1_000
_WAYS = {"content": WAY_INDEX, "try_files": WAY_TRY_FILES, "rewrite": WAY_REWRITE, "error_page": WAY_ERROR_PAGE}
"""What sends a request on, by the phase that does."""

Key = tuple[object, ...]


class _Candidate(NamedTuple):
    """A refusal before it is known whether a better witness turns up."""

    request: Request
    decision: Decision
    depth: int
    subject: Subject
    served: Request | None
    places: int


class Found:
    """Gathers refused requests into refusals."""

    def __init__(self, evaluator: Evaluator, trails: Trails, doors: Doors) -> None:
        self.evaluator = evaluator
        self.trails = trails
        self.doors = doors
        self._found: dict[Key, _Candidate] = {}
        self._addresses: dict[Key, dict[str, None]] = {}
        self._of_server: dict[Server, list[Key]] = {}
        self._settler = Settler(evaluator, trails, doors)
        self._settled: dict[Key, Settled] = {}
        self._hits = Hits()
        self._blocking = Blocking(lambda: evaluator.files().resolver.evidence)

    def record(self, start: Start, asked: list[Asked], entries: "TreeStart | None") -> None:
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
        entries: "TreeStart | None" = None,
    ) -> None:
        """Take in one refused request; `asked` are those beside it."""
        request, decision, depth = entry
        server = self.trails.server(request, decision) or start.server
        context = self.trails.context(server, decision)
        sent = sent_by(decision)
        subject = Subject(
            server,
            start.socket,
            context if isinstance(context, Location) else None,
            context,
            start.purpose if request.target == start.request.target else PURPOSE_PROBE,
            None if entries is None else entries.path,
            below,
            above,
            start.server if start.purpose in MEANT_NAMES else None,
            () if entries is None else entries.names,
            () if entries is None else entries.members,
            None if sent is None else _WAYS.get(sent.step.phase),
        )
        key = _key(request, decision, subject)
        known = self._found.get(key)
        places, examples = (1, ()) if entries is None else (entries.places, entries.examples)
        candidate = _Candidate(request, decision, depth, subject, None, places)
        self._note_addresses(key, (request.target, *examples))
        better = known is None or _rank(candidate) < _rank(known)
        if better or (known is not None and known.served is None and known.request == request):
            candidate = candidate._replace(served=served_beside(request, asked))
        self._found[key] = candidate if known is None else _merged(candidate, known, better)
        meant = None if start.meant is subject.location else start.meant
        hit = Hit(request, subject.purpose, subject.way, subject.path, meant, subject.members, start.page)
        self._hits.note(
            key, hit, depth, None if sent is None else sent.step.where, None if meant is None else meant.span()
        )
        self._blocking.note(key, start.purpose, start.request.target, entry, entries)
        if known is None:
            self._of_server.setdefault(server, []).append(key)

    def _note_addresses(self, key: Key, targets: Iterable[str]) -> None:
        known = self._addresses.setdefault(key, {})
        for target in targets:
            if len(known) >= _MOST_ADDRESSES:
                return
            known[target] = None

    def forget_entered(self, server: Server, has_entered: Callable[[Location], bool]) -> None:
        """Of locations with a pattern keep only those as meant that no request has come to."""

        def forgotten(hit: Hit) -> Hit:
            is_entered = hit.meant is not None and hit.meant.regex is not None and has_entered(hit.meant)
            return hit._replace(meant=None) if is_entered else hit

        for key in self._of_server.get(server, ()):
            self._hits.change(key, forgotten)

    def repeat(self, one: Server, other: Server, translation: "Translation") -> bool:
        """Take in for a server block what was found for one that is alike; False where it is not so after all."""
        made: list[tuple[Key, _Candidate]] = []
        for key in self._of_server.get(one, ()):
            if self._found[key].subject.purpose in MEANT_NAMES:
                continue
            repeated = self._repeated(key, translation, other)
            if repeated is None:
                return False
            made.append((key, repeated))
        for of_one, candidate in made:
            key = _key(candidate.request, candidate.decision, candidate.subject)
            self._found[key] = candidate
            self._of_server.setdefault(other, []).append(key)
            who = translation.words(self._settle(of_one).who)
            self._settled[key] = Settled(candidate.request, candidate.decision, who, candidate.served)
            self._note_addresses(key, map(translation.text, self._addresses[of_one]))
            self._hits.repeat(of_one, key, lambda hit: _translated(hit, translation, one, other))
        return True

    def _repeated(self, key: Key, translation: "Translation", other: Server) -> _Candidate | None:
        known, settled = self._found[key], self._settle(key)
        request = translation.request(settled.request)
        decision = self.evaluator.decide(request)
        same = (decision.verdict, decision.cause) == (REFUSED, known.decision.cause)
        if not same or self.trails.server(request, decision) is not other:
            return None
        served = None if settled.served is None else translation.request(settled.served)
        if served is not None and self.evaluator.decide(served).verdict != NOT_REFUSED:
            return None
        context = self.trails.context(other, decision)
        subject = known.subject
        below = _counterpart(subject.permitted_below, subject.context, context)
        above = _counterpart(subject.permitted_above, subject.context, context)
        if (below is None) != (subject.permitted_below is None) or (above is None) != (subject.permitted_above is None):
            return None
        subject = subject._replace(
            server=other,
            location=context if isinstance(context, Location) else None,
            context=context,
            permitted_below=below,
            permitted_above=above,
        )
        return _Candidate(request, decision, known.depth, subject, served, known.places)

    def refusals(self) -> Iterator[Refusal]:
        """What was found."""
        for key in self._found:
            settled = self._settle(key)
            candidate, blocking = self._found[key], self._blocking.of(key)
            decision, subject = settled.decision, candidate.subject
            place = decision.where or subject.server.span()
            assert place is not None
            yield Refusal(
                "nginx",
                decision.cause,
                place,
                decision.because,
                settled.request,
                decision,
                settled.who,
                settled.served,
                subject._replace(hits=self._hits.of(key), blocking=blocking),
                max(candidate.places, sum(one.places for one in blocking)),
                tuple(dict.fromkeys((*self._addresses[key], *(one.target for one in blocking)))),
            )

    def _settle(self, key: Key) -> Settled:
        known = self._settled.get(key)
        if known is None:
            one = self._found[key]
            known = self._settler.settle(one.request, one.decision, one.subject, one.served)
            self._settled[key] = known
        return known


def _translated(hit: Hit, translation: "Translation", one: Server, other: Server) -> Hit:
    meant = hit.meant
    if meant is not None:
        pairs = zip(every_location(one.tree), every_location(other.tree), strict=True)
        meant = next(theirs for mine, theirs in pairs if mine is hit.meant)
    return hit._replace(request=translation.request(hit.request), meant=meant)


def _key(request: Request, decision: Decision, subject: Subject) -> Key:
    """What makes two refused requests one refusal."""
    where: object = decision.where
    cause = decision.cause
    purpose = ""
    if subject.purpose in MEANT_NAMES:
        purpose = f"{subject.purpose} {request.url()}"
    elif _is_own_challenge(subject):
        purpose = subject.purpose
    if isinstance(where, PathPlace):
        cause, where = of_one_kind(cause, where)
    if decision.cause == "missing-index" and not _is_one_directory(subject.location):
        purpose = request.target.partition("?")[0]
    below = None if subject.permitted_below is None else subject.permitted_below.directive
    above = None if subject.permitted_above is None else subject.permitted_above.directive
    return (cause, where, id(subject.server), purpose, below, above)


def _is_one_directory(location: Location | None) -> bool:
    """Whether every URI of the location leads to the same directory: an alias without captures behind a pattern."""
    aliases = [] if location is None or location.regex is None else location.own.get("alias", [])
    return bool(aliases) and "$" not in "".join(aliases[0].args)


def _counterpart(rule: AccessRule | None, one: Context | None, other: Context) -> AccessRule | None:
    """The rule that stands in one context's lists where another stands in the other's."""
    if rule is None or one is None:
        return None
    here, there = _lists_of(one), _lists_of(other)
    for mine, theirs in zip(here, there, strict=False):
        if rule in mine and len(mine) == len(theirs):
            return theirs[mine.index(rule)]
    return None


def _lists_of(context: Context) -> list[list[AccessRule]]:
    """The lists of a context, of its limit_except, and of every level around it."""
    limit = context.limit_except if isinstance(context, Location) else None
    found = [] if limit is None else [limit.access_rules()]
    level: Context | None = context
    while level is not None:
        found.append(level.access_rules())
        level = level.parent
    return found


def _merged(candidate: _Candidate, known: _Candidate, better: bool) -> _Candidate:
    kept, other = (candidate, known) if better else (known, candidate)
    if kept.subject.path is None and kept.request.target == other.request.target:
        # A location's own address and a directory of the tree: what lies there is known from the tree.
        seen = other.subject
        kept = kept._replace(subject=kept.subject._replace(path=seen.path, names=seen.names, members=seen.members))
    if kept.served is None and kept.request == other.request:
        kept = kept._replace(served=other.served)
    # Other addresses of one place are no more places.
    return kept._replace(places=max(kept.places, other.places))


def _rank(candidate: _Candidate) -> tuple[bool, int, int, bool]:
    """How good a witness it is, best first; behind a closed directory a file shows more than a directory."""
    purpose = candidate.subject.purpose
    only_reading = candidate.decision.cause == "directory-unreadable"
    if isinstance(candidate.decision.where, PathPlace) and purpose == PURPOSE_FILE:
        return (only_reading, min(candidate.depth, 1), -1, False)
    return (only_reading, candidate.depth, rank_of(purpose), not candidate.subject.names)


def _is_own_challenge(subject: Subject) -> bool:
    """Whether a location with a pattern took a certificate authority's request away from the one around it."""
    return (
        subject.purpose == PURPOSE_CERTIFICATE and subject.location is not None and subject.location.regex is not None
    )
