"""The refusals that were found so far: those with the same cause and place are one, with its most ordinary witness."""

from collections.abc import Iterable, Iterator
from itertools import islice

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.decide.exchange import Exchange
from audit403.apache.explore.doors import Doors
from audit403.apache.explore.places import Start
from audit403.apache.explore.settle import Settled, Settler
from audit403.apache.explore.subject import Subject
from audit403.apache.explore.trail import Trails, access_files, sent_by
from audit403.apache.model.server import Server
from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Refusal
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace, Place
from audit403.core.request import Request
from audit403.explore.asked import Asked
from audit403.explore.blocking import Blocking, TreeStart, of_one_kind
from audit403.explore.hits import Hits
from audit403.explore.subject import (
    MEANT_NAMES,
    PURPOSE_FILE,
    PURPOSE_PROBE,
    Hit,
    rank_of,
)
from audit403.explore.translation import Names
from audit403.explore.who import served_beside

FAMILY = "apache"
NO_INDEX = "no-index"
_MOST_ADDRESSES = 1_000

Key = tuple[object, ...]


class _Candidate(NamedTuple):
    """A refusal before it is known whether a better witness turns up."""

    request: Request
    decision: Decision
    depth: int
    server: Server
    purpose: str
    meant: Server | None
    entries: TreeStart | None
    served: Request | None
    places: int


class Found:
    """Gathers refused requests into refusals."""

    def __init__(self, evaluator: Evaluator, trails: Trails, doors: Doors) -> None:
        self.evaluator = evaluator
        self.trails = trails
        self._found: dict[Key, _Candidate] = {}
        self._told = 0
        self._addresses: dict[Key, dict[str, None]] = {}
        self._of_server: dict[Server, list[Key]] = {}
        self._settler = Settler(evaluator, doors)
        self._settled: dict[Key, Settled] = {}
        self._hits = Hits()
        self._blocking = Blocking(lambda: evaluator.files().resolver.evidence)

    def __len__(self) -> int:
        return len(self._found)

    def record(
        self, start: Start, asked: list[Asked], entries: TreeStart | None, *, taken_by: Server | None = None
    ) -> None:
        """Take in what is refused among the requests that one start led to; `taken_by` the server, if another."""
        for entry in asked:
            if entry.decision.verdict == REFUSED:
                self._add(start, entry, asked, entries, taken_by or start.server)

    def _add(self, start: Start, entry: Asked, asked: list[Asked], entries: TreeStart | None, server: Server) -> None:
        request, decision, depth = entry
        own = request.target == start.request.target
        purpose = start.purpose if own else PURPOSE_PROBE
        if request.target.partition("?")[0] != start.request.target.partition("?")[0]:
            entries = None  # what lies there is not what lies here
        key = key_of(request, decision, server, purpose)
        known = self._found.get(key)
        places, examples = (1, ()) if entries is None else (entries.places, entries.examples)
        meant = start.server if purpose in MEANT_NAMES else None
        candidate = _Candidate(request, decision, depth, server, purpose, meant, entries, None, places)
        self._note_addresses(key, (request.target, *examples))
        better = known is None or _rank(candidate) < _rank(known)
        if better or (known is not None and known.served is None and known.request == request):
            candidate = candidate._replace(served=served_beside(request, asked))
        self._found[key] = candidate if known is None else _merged(candidate, known, better)
        sent = sent_by(decision)
        members = () if entries is None or not own else entries.members
        path = None if entries is None or not own else entries.path
        way = None if sent is None else sent[0]
        hit = Hit(request, purpose, way, path, start.meant, members, start.page)
        meant_for = None if start.meant is None else start.meant.directive.span
        self._hits.note(key, hit, depth, None if sent is None else sent[1].where, meant_for)
        self._blocking.note(key, start.purpose, start.request.target, entry, entries)
        if known is None:
            self._of_server.setdefault(server, []).append(key)

    def _note_addresses(self, key: Key, targets: Iterable[str]) -> None:
        known = self._addresses.setdefault(key, {})
        for target in targets:
            if len(known) >= _MOST_ADDRESSES:
                return
            known[target] = None

    def refusals(self) -> Iterator[Refusal]:
        """What was found since they were told last."""
        told, self._told = self._told, len(self._found)
        for key, candidate in islice(self._found.items(), told, None):
            yield self._refusal(key, candidate, self._settle(key))

    def repeat(self, one: Server, other: Server, translation: Names) -> bool:
        """Take in for a server what was found for one that is alike; False where it is not so after all."""
        made: list[tuple[Key, _Candidate, Settled]] = []
        for key in self._of_server.get(one, ()):
            if self._found[key].meant is not None:
                continue  # names are asked for of every server
            known, settled = self._found[key], self._settle(key)
            request = translation.request(settled.request)
            decision, exchange = self.evaluator.followed(request)
            same = (decision.verdict, decision.cause) == (REFUSED, settled.decision.cause)
            if not same or exchange.server is not other:
                return False
            served = None if settled.served is None else translation.request(settled.served)
            repeated = Settled(request, decision, translation.words(settled.who), served, exchange)
            made.append((key, known._replace(request=request, decision=decision, server=other), repeated))
        for of_one, candidate, repeated in made:
            key = key_of(candidate.request, candidate.decision, other, candidate.purpose)
            self._found[key], self._settled[key] = candidate, repeated
            self._of_server.setdefault(other, []).append(key)
            self._note_addresses(key, map(translation.text, self._addresses[of_one]))
            self._hits.repeat(of_one, key, lambda hit: hit._replace(request=translation.request(hit.request)))
        return True

    def _settle(self, key: Key) -> Settled:
        known = self._settled.get(key)
        if known is None:
            one = self._found[key]
            keeps_name = one.meant is not None
            known = self._settler.settle(one.request, one.decision, one.server, one.served, keeps_name=keeps_name)
            self._settled[key] = known
        return known

    def _refusal(self, key: Key, candidate: _Candidate, settled: Settled) -> Refusal:
        decision, exchange = settled.decision, settled.exchange
        entries, blocking = candidate.entries, self._blocking.of(key)
        sent = sent_by(decision)
        subject = Subject(
            candidate.server,
            exchange,
            candidate.purpose,
            self.trails.sections(exchange, decision),
            access_files(decision),
            None if entries is None else entries.path,
            () if entries is None else entries.names,
            () if entries is None else entries.members,
            None if sent is None else sent[0],
            self._hits.of(key),
            blocking,
            candidate.meant,
        )
        return Refusal(
            FAMILY,
            decision.cause,
            place_of(self.trails, exchange, decision),
            decision.because,
            settled.request,
            decision,
            settled.who,
            settled.served,
            subject,
            max(candidate.places, sum(one.places for one in blocking)),
            tuple(dict.fromkeys((*self._addresses[key], *(one.target for one in blocking)))),
        )


def place_of(trails: Trails, exchange: Exchange, decision: Decision) -> Place:
    """Where a refusal is written, or what it is about; the server where nothing else is."""
    if decision.where is not None:
        return decision.where
    directive = exchange.server.directive or exchange.server.name_directive
    if directive is None:
        listens = trails.model.listens
        directive = listens[0].directive if listens else trails.model.configuration.directives[0]
    return directive.span


def key_of(request: Request, decision: Decision, server: Server, purpose: str) -> Key:
    """What makes two refused requests one refusal."""
    where: object = decision.where
    cause = decision.cause
    more = f"{purpose} {request.url()}" if purpose in MEANT_NAMES else ""
    if isinstance(where, PathPlace):
        cause, where = of_one_kind(cause, where)
    if decision.cause == NO_INDEX:
        more = request.target.partition("?")[0]
    return cause, where, id(server), more


def _merged(candidate: _Candidate, known: _Candidate, better: bool) -> _Candidate:
    kept, other = (candidate, known) if better else (known, candidate)
    if kept.entries is None and kept.request.target == other.request.target:
        # A section's own address and a directory of the tree: what lies there is known from the tree.
        kept = kept._replace(entries=other.entries)
    if kept.served is None and kept.request == other.request:
        kept = kept._replace(served=other.served)
    return kept._replace(places=max(kept.places, other.places))


def _rank(candidate: _Candidate) -> tuple[bool, int, int, bool]:
    """How good a witness it is, best first; behind a closed directory a file shows more than a directory."""
    only_reading = candidate.decision.cause == "directory-unreadable"
    if isinstance(candidate.decision.where, PathPlace) and candidate.purpose == PURPOSE_FILE:
        return (only_reading, min(candidate.depth, 1), -1, False)
    return (only_reading, candidate.depth, rank_of(candidate.purpose), candidate.entries is None)
