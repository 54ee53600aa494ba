"""The exploration of one configuration: every refusal once per cause and place, with a witness."""

from collections.abc import Iterator
from typing import NamedTuple

from audit403.core.decision import REFUSED, Decision
from audit403.core.fact import Fact, Refusal
from audit403.core.family import NotAudited
from audit403.core.place import PathPlace, Place, Span
from audit403.core.request import Request
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.outcome import Undecided
from audit403.nginx.explore.access_lists import access_starts, effective_rules
from audit403.nginx.explore.flips import flips
from audit403.nginx.explore.idle import idle_directives
from audit403.nginx.explore.ordinary import ordinary_request
from audit403.nginx.explore.places import Start, starts
from audit403.nginx.explore.subject import (
    PURPOSE_CERTIFICATE,
    PURPOSE_DIRECTORY,
    PURPOSE_FILE,
    PURPOSE_HOME,
    PURPOSE_PAGE,
    PURPOSE_PROBE,
    PURPOSE_TWIN_NAME,
    Subject,
)
from audit403.nginx.explore.tree import TreeStart, mounts, walk
from audit403.nginx.explore.who import Asked, served_beside, who
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server
from audit403.nginx.model.socket import Socket

MOST_REQUESTS_A_START = 300
_BLOCKED_ON_THE_WAY = ("ancestor-not-searchable", "index-refused", "directory-unlistable")
_RANK = {PURPOSE_HOME: 0, PURPOSE_PAGE: 1, PURPOSE_DIRECTORY: 2, PURPOSE_FILE: 3, PURPOSE_PROBE: 4}


class _Candidate(NamedTuple):
    """A refusal before it is known whether a better witness turns up."""

    request: Request
    decision: Decision
    subject: Subject
    asked: list[Asked]
    places: int
    examples: tuple[str, ...]


class Explorer:
    """Explores one model in one world; `facts` runs once."""

    def __init__(self, model: Model, evaluator: Evaluator, tree_known: bool) -> None:
        self.model = model
        self.evaluator = evaluator
        self.tree_known = tree_known
        self.missed: list[NotAudited] = []
        self._found: dict[tuple[object, ...], _Candidate] = {}
        self._locations: dict[tuple[int, str, int], Location] = {}
        self._servers: dict[tuple[str, int], list[Server]] = {}
        for server in model.servers:
            span = server.span()
            if span is not None:
                self._servers.setdefault((span.file, span.start), []).append(server)
            self._index(server, server)

    def facts(self) -> Iterator[Fact]:
        """Every refusal and idle directive that exploration finds."""
        for start in starts(self.model, self.missed):
            self._explore(start)
        if self.tree_known:
            self._explore_trees()
        for candidate in self._found.values():
            yield _refusal(candidate)
        yield from idle_directives(self.model)

    def _explore(self, start: Start, entries: TreeStart | None = None) -> None:
        asked = self._ask_around(start.request)
        for request, decision in asked:
            if decision.verdict == REFUSED:
                self._record(start, request, decision, asked, entries=entries)
        self._explore_access_list(start, asked)

    def _ask_around(self, first: Request) -> list[Asked]:
        """The request and those that differ from it by one flipped test, or by a second one that the first leads to."""
        asked: list[Asked] = []
        done: set[Request] = set()
        pending: list[tuple[Request, int]] = [(first, 0)]
        while pending and len(asked) < MOST_REQUESTS_A_START:
            request, depth = pending.pop(0)
            if request in done:
                continue
            done.add(request)
            decision = self.evaluator.decide(request)
            asked.append((request, decision))
            if depth < 2:
                pending += [(flipped, depth + 1) for flipped in flips(request, decision)]
        if pending:
            self.missed.append(NotAudited(first.url(), "exploration was cut off: too many tests on one path"))
        return asked

    def _explore_access_list(self, start: Start, asked: list[Asked]) -> None:
        if not any(step.phase == "access" for _, decision in asked for step in decision.trace):
            return
        context = self._context(start.server, asked[0][1])
        for request, below, above in access_starts(context, start.request):
            decision = self.evaluator.decide(request)
            if decision.verdict == REFUSED and decision.cause in ("access-rule", "limit-except"):
                self._record(start, request, decision, asked, below=below, above=above)

    def _explore_trees(self) -> None:
        for server in self.model.servers:
            socket = next((socket for socket in self.model.sockets if server in socket.servers), None)
            if socket is None or socket.listen.family == "unix":
                continue
            try:
                self._explore_tree(server, socket)
            except Undecided as error:
                self.missed.append(NotAudited(server.first_name(), f"{error.missing.name} is not known here"))

    def _explore_tree(self, server: Server, socket: Socket) -> None:
        for mount in mounts(self.evaluator, server):
            for found in walk(self.evaluator, server, socket, mount, self.missed):
                request = ordinary_request(server, socket, found.target)
                if self.evaluator.decide(request).verdict == REFUSED:
                    self._explore(Start(request, socket, found.purpose, server), found)

    def _record(
        self,
        start: Start,
        request: Request,
        decision: Decision,
        asked: list[Asked],
        *,
        below: AccessRule | None = None,
        above: AccessRule | None = None,
        entries: TreeStart | None = None,
    ) -> None:
        server = self._server(start, decision)
        context = self._context(server, decision)
        location = context if isinstance(context, Location) else None
        subject = Subject(
            server,
            start.socket,
            location,
            context,
            start.purpose,
            None if entries is None else entries.path,
            below,
            above,
            start.server if start.purpose == PURPOSE_TWIN_NAME else None,
            () if entries is None else entries.names,
            () if entries is None else entries.members,
        )
        places, examples = (1, ()) if entries is None else (entries.places, entries.examples)
        candidate = _Candidate(request, decision, subject, asked, places, examples)
        key = _key(candidate)
        known = self._found.get(key)
        if known is None:
            self._found[key] = candidate
            return
        better = (_rank(candidate), not subject.names) < (_rank(known), not known.subject.names)
        kept, other = (candidate, known) if better else (known, candidate)
        shown = tuple(dict.fromkeys((*kept.examples, kept.request.target, other.request.target, *other.examples)))[:3]
        same = request.target == known.request.target
        total = max(kept.places, other.places) if same else kept.places + other.places
        self._found[key] = kept._replace(places=total, examples=shown)

    def _server(self, start: Start, decision: Decision) -> Server:
        for step in decision.trace:
            if step.operator == "server-name" and isinstance(step.where, Span):
                candidates = self._servers.get((step.where.file, step.where.start), [])
                if candidates and start.server not in candidates:
                    return candidates[0]
        return start.server

    def _context(self, server: Server, decision: Decision) -> Context:
        """The location that last took the request before it was refused."""
        for step in reversed(decision.trace):
            if step.operator == "location" and isinstance(step.where, Span):
                found = self._locations.get((id(server), step.where.file, step.where.start))
                if found is not None:
                    return found
        return server

    def _index(self, server: Server, owner: Server | Location) -> None:
        for location in owner.tree.all():
            span = location.span()
            if span is not None:
                self._locations[(id(server), span.file, span.start)] = location
            self._index(server, location)


def _key(candidate: _Candidate) -> tuple[object, ...]:
    """What makes two refused requests one refusal."""
    subject, decision = candidate.subject, candidate.decision
    where: Place | str | None = decision.where
    cause = decision.cause
    purpose = ""
    if subject.purpose == PURPOSE_TWIN_NAME or _is_own_challenge(subject):
        purpose = subject.purpose
    if isinstance(where, PathPlace) and cause in _BLOCKED_ON_THE_WAY:
        where, cause = where.path, "blocked"
    if decision.cause == "missing-index":
        purpose = candidate.request.target
    below = None if subject.permitted_below is None else subject.permitted_below.directive
    above = None if subject.permitted_above is None else subject.permitted_above.directive
    return (cause, where, id(subject.server), purpose, below, above)


def _rank(candidate: _Candidate) -> int:
    """How good a witness it is, best first; behind a closed directory a file shows more than a directory."""
    purpose = candidate.subject.purpose
    if isinstance(candidate.decision.where, PathPlace) and purpose == PURPOSE_FILE:
        return -1
    return _RANK.get(purpose, len(_RANK))


def _is_own_challenge(subject: Subject) -> bool:
    """Whether a location with a pattern took a certificate authority's request away from the one around it."""
    return (
        subject.purpose == PURPOSE_CERTIFICATE and subject.location is not None and subject.location.regex is not None
    )


def _refusal(candidate: _Candidate) -> Refusal:
    decision, subject = candidate.decision, candidate.subject
    served = served_beside(candidate.request, candidate.asked)
    rules = effective_rules(subject.context) if subject.context is not None else []
    place = decision.where or subject.server.span()
    assert place is not None
    return Refusal(
        "nginx",
        decision.cause,
        place,
        decision.because,
        candidate.request,
        decision,
        who(candidate.request, decision, served, rules),
        served,
        subject,
        candidate.places,
        candidate.examples,
    )
