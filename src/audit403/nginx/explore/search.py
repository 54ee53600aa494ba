"""The search through the requests to one server block, driven by what their traces show.

Every decided request tells which tests it met and which it did not. A test that has come out only one way so far is
turned, from each of the first few requests that meet it; a request that brings something new – a test's other side,
another location, another end – is looked at in turn. A request that ends early is also let past what stops it, so that
what lies behind is seen. So the work grows with the tests that are written, and not with their combinations.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place, Span
from audit403.core.request import Request
from audit403.explore.asked import Asked
from audit403.explore.fields import METHODS, dav_request
from audit403.explore.ordinary import PROBE
from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.explore.doors import Door, from_client
from audit403.nginx.explore.flips import Flips
from audit403.nginx.explore.provoke import provoke
from audit403.nginx.explore.regions import RuleTable
from audit403.nginx.explore.trail import Trails
from audit403.nginx.model.context import AccessRule, Context
from audit403.nginx.model.location import Location
from audit403.nginx.model.server import Server

MOST_REQUESTS_A_START = 4_000
_MOST_TRIES = 3
_MOST_PROPOSALS = 24
_MOST_PASSES = 20
"""From so many requests of one start something is tried to get past one end: many conditions may lead to it."""
_LONG_LIST, _OF_A_LONG_LIST = 100, 40
_DEEPEST = 8
_MOST_WRITTEN = 20
_TESTED = {
    "limit-except": "method",
    "method-not-allowed": "method",
    "client-certificate": "tls.client_certificate",
    "no-credentials": "header:authorization",
}
"""The field whose test ends a request, by the cause of its end."""
_LIST_CAUSES = frozenset(("access-rule", "limit-except"))

Mark = tuple[Place | None, str | None, bool | None]


class Proposal(NamedTuple):
    """Requests to try until one does what is wanted, not too many unless `all` are to be tried.

    One that `passes` what stopped the last is gone on with, and so is one that is stopped short of the test that it
    `turns`.
    """

    requests: Iterator[Request]
    does: Callable[[Decision], bool]
    passes: bool = False
    all: bool = False
    turns: Step | None = None


class Search:
    """What was seen of one server block."""

    def __init__(
        self, evaluator: Evaluator, trails: Trails, server: Server, doors: list[Door], seen_lists: set[int]
    ) -> None:
        self.evaluator = evaluator
        self.trails = trails
        self.server = server
        self.doors = doors
        self.flips = Flips(evaluator, trails, server, doors)
        self.cut_off = False
        self._covered: set[Mark] = set()
        self._ends: set[tuple[str, Place | None]] = set()
        self._tried: dict[object, int] = {}
        self._seen_lists = seen_lists
        self._meant: Span | None = None
        self._for_files = False
        self._starts = 0

    def explore(self, first: Request, meant: Location | None = None, *, for_files: bool = False) -> list[Asked]:
        """The request and those that it leads to; `meant` is where it is to come to, `for_files` that files answer."""
        self._meant = None if meant is None else meant.span()
        self._for_files = for_files
        self._starts += 1
        asked: list[Asked] = []
        done: set[Request] = set()
        pending: deque[Asked] = deque()
        decision = self._ask(first, 0, asked, done, pending)
        if not pending and decision is not None and self._is_stopped(decision):
            pending.append(asked[0])  # what lies behind it may be new, though it is not
        while pending:
            base = pending.popleft()
            for proposal in self._proposals(base):
                for request in proposal.requests if proposal.all else islice(proposal.requests, _MOST_PROPOSALS):
                    if len(asked) >= MOST_REQUESTS_A_START:
                        self.cut_off = True
                        return asked
                    decision = self._ask(request, base.depth + 1, asked, done, pending)
                    if decision is None:
                        continue
                    if proposal.does(decision):
                        if proposal.passes and asked[-1] not in pending and self._is_stopped(decision):
                            pending.append(asked[-1])
                        break
                    if self._stopped_short(proposal.turns, decision) and asked[-1] not in pending:
                        pending.append(asked[-1])
        return asked

    def _stopped_short(self, test: Step | None, decision: Decision) -> bool:
        """Whether something new keeps a request from the test that it was made for."""
        if test is None or not self._is_stopped(decision):
            return False
        if any(step.where == test.where and step.operator == test.operator for step in decision.trace):
            return False
        return self._try_again((test.where, test.operator, decision.cause, decision.where), 1)

    def has_entered(self, location: Location) -> bool:
        """Whether a request has come to a location, be it by a jump to its name."""
        span = location.span()
        return (span, "location", True) in self._covered or (location.named and (span, None, None) in self._covered)

    def has_met(self, where: Span, operator: str | None) -> bool:
        """Whether a request was decided by what stands in a place: a test that was met, or a `return`."""
        return (where, operator, None if operator is None else True) in self._covered

    def _ask(
        self, request: Request, depth: int, asked: list[Asked], done: set[Request], pending: deque[Asked]
    ) -> Decision | None:
        if request in done:
            return None
        done.add(request)
        decision = self.evaluator.decide(request)
        entry = Asked(request, decision, depth)
        asked.append(entry)
        if self._is_new(decision):
            pending.append(entry)
        return decision

    def _is_new(self, decision: Decision) -> bool:
        covered, before = self._covered, len(self._covered)
        for step in decision.trace:
            if step.where is not None:
                covered.add((step.where, step.operator, step.met))
        end = (decision.cause, decision.where)
        new = len(covered) > before or end not in self._ends
        self._ends.add(end)
        return new

    def _proposals(self, base: Asked) -> Iterator[Proposal]:
        request, decision, _ = base
        context = self.trails.context(self.server, decision)
        detour = _detour(decision)
        for step in decision.trace:
            if step.where is not None and step.field is not None and self._is_wanted(step, context, detour):
                yield Proposal(self.flips.of(step, request, decision, context), _turns(step), turns=step)
        if self._is_stopped(decision):
            yield from self._past(base, context)
        passed = self.trails.passed(self.server, decision)
        if any(step.phase == "access" for step in decision.trace):
            # An error page's own list may refuse whom the page was for, and so keep the status.
            anew = any(step.phase == "error_page" and step.value == "403" for step in decision.trace)
            for one in passed:
                yield from self._of_lists(request, one, detour, anew)
        for one in passed:
            yield from self._of_error_pages(request, one)
            if any(directive.args != ["off"] for directive in one.effective("dav_methods")):
                yield from self._of_dav(request, one)
        if any(step.operator == "listable" and step.met for step in decision.trace) and self._try_again("listing", 2):
            # autoindex answers GET and HEAD; of a directory without an index a POST is refused.
            yield Proposal(iter((request._replace(method="POST"),)), _never)

    def _is_wanted(self, step: Step, context: Context, detour: Place | None) -> bool:
        """Whether a test has come out one way only, and was not tried too often; tables have more than two ways."""
        if step.operator in ("map", "geo"):
            return self._try_again((step.field, id(context)), 1)
        if step.met is None or (step.where, step.operator, not step.met) in self._covered or not self.flips.can(step):
            return False
        return self._try_again((step.where, step.operator, step.met, detour), _MOST_TRIES if detour is None else 1)

    def _try_again(self, key: object, most: int) -> bool:
        tries = self._tried.get(key, 0)
        self._tried[key] = tries + 1
        return tries < most

    def _past(self, base: Asked, context: Context) -> Iterator[Proposal]:
        """Let the request past what it ends at."""
        request, decision, depth = base
        if depth > _DEEPEST:
            return
        end = (decision.cause, decision.where)
        meant = self._meant
        is_astray = (meant is not None and not _comes_to(decision, meant)) or self._for_files

        def elsewhere(other: Decision) -> bool:
            if is_astray and meant is not None and _comes_to(other, meant):
                return True
            return (other.cause, other.where) != end

        if decision.cause in _LIST_CAUSES:
            table = self._table(self.trails.list_of(context, decision))
            clients = (from_client(request, client, self.doors) for client in table.passing())
            yield Proposal((one for one in islice(clients, 6) if one is not None), elsewhere, True)
        for step in self._stopping(decision, is_astray):
            key = ("past", self._starts, step.where, end, id(context))
            if self.flips.can(step) and self._try_again(key, _MOST_PASSES):
                yield Proposal(self.flips.of(step, request, decision, context), elsewhere, True)

    def _stopping(self, decision: Decision, is_astray: bool) -> Iterator[Step]:
        """The tests that a request ended at, or was led astray by."""
        field = _TESTED.get(decision.cause)
        if field is not None:
            yield from islice((step for step in reversed(decision.trace) if step.field == field), 1)
        elif is_astray:
            met = (step for step in reversed(decision.trace) if step.phase == "rewrite" and step.met)
            yield from islice(met, _MOST_TRIES)
        elif decision.cause == "auth-request":
            met = (step for step in reversed(decision.trace) if step.phase == "rewrite" and step.met is not None)
            yield from islice(met, 1)
        else:
            yield from islice(self.flips.unmet(decision), 2)

    def _is_stopped(self, decision: Decision) -> bool:
        """Whether something keeps the request from where it was to come, or from an answer."""
        if decision.verdict == REFUSED or (decision.status or 0) >= 400:
            return True
        if self._for_files and not any((step.field or "").startswith("file:") for step in decision.trace):
            return True
        return self._meant is not None and not _comes_to(decision, self._meant)

    def _of_lists(self, request: Request, context: Context, detour: Place | None, anew: bool) -> Iterator[Proposal]:
        """For each deny of a list that was not met yet, a client that it refuses."""
        levels: list[tuple[Context, Request]] = [(context, request)]
        if isinstance(context, Location) and context.limit_except is not None:
            permitted, limited = _methods_of(context)
            levels = [(context, request._replace(method=permitted))]
            levels.append((context.limit_except, request._replace(method=limited)))
        for level, base in levels:
            rules = level.access_rules()
            if not rules or not self._try_again((id(rules), detour), _MOST_TRIES if detour is None else 1):
                continue
            asked = self._asked_of(rules)
            left = (
                from_client(base, client, self.doors)
                for rule, client in self._table(rules).clients(permits=False, among=asked)
                if anew or (rule.directive.span, "in-network", True) not in self._covered
            )
            yield Proposal((one for one in left if one is not None), _never, all=True)

    def _asked_of(self, rules: list[AccessRule]) -> list[AccessRule]:
        """The rules that are gone through: of a long list, whose lines are of a kind, some; of a shared one, few."""
        if len(rules) <= _LONG_LIST:
            return rules
        if id(rules) in self._seen_lists:
            return [*rules[:1], *rules[-1:]]
        self._seen_lists.add(id(rules))
        return [*rules[:: len(rules) // _OF_A_LONG_LIST], *rules[-1:]]

    def _of_error_pages(self, request: Request, context: Context) -> Iterator[Proposal]:
        for page in self.evaluator.error_pages(context):
            local = page.target.source.startswith(("/", "@", "$"))
            if (local or page.overwrite == 403) and self._try_again((id(page.directive), page.code), _MOST_TRIES):
                yield Proposal(provoke(request, page.code, context), _leads_to(page.code))

    def _of_dav(self, request: Request, context: Context) -> Iterator[Proposal]:
        """What WebDAV does to the file system, which may refuse it."""
        folder = request.target.partition("?")[0].rpartition("/")[0]
        methods = {word.upper() for directive in context.effective("dav_methods") for word in directive.args}
        level = context.limit_except if isinstance(context, Location) else None
        may = [] if level is None else islice(self._table(level.access_rules()).passing(), 1)
        clients = [request, *filter(None, (from_client(request, client, self.doors) for client in may))]
        most = _MOST_WRITTEN if self._for_files else 2  # a directory of the tree may refuse what another takes
        for kind, target in enumerate(dict.fromkeys((request.target, f"{folder}/", f"{folder}/{PROBE}/"))):
            if methods and self._try_again(("dav", id(context), kind, self._for_files), most):
                asked = (dav_request(one, method, target) for one in clients for method in sorted(methods))
                yield Proposal(asked, _never, all=True)

    def _table(self, rules: list[AccessRule]) -> RuleTable:
        return self.trails.table(rules)


def _detour(decision: Decision) -> Place | None:
    """Where a request was sent elsewhere, by a rewrite, an error page or an internal redirect.

    A test that is turned may take it off this way, and then it must be tried on another.
    """
    first: Place | None = None
    for step in decision.trace:
        if step.phase in ("error_page", "redirect"):
            return first or step.where
        if step.phase == "rewrite" and step.operator == "matches" and step.met:
            return step.where
        if step.operator == "location":
            first = step.where
    return None


def _comes_to(decision: Decision, location: Span) -> bool:
    return any(step.operator == "location" and step.where == location for step in decision.trace)


def _methods_of(location: Location) -> tuple[str, str]:
    """A method that limit_except names, and one that it limits."""
    permitted = location.permitted_methods
    first = next((method for method in METHODS if method in permitted), next(iter(sorted(permitted)), "GET"))
    return first, next((method for method in METHODS if method not in permitted), "GET")


def _turns(step: Step) -> Callable[[Decision], bool]:
    def does(decision: Decision) -> bool:
        return step.operator not in ("map", "geo") and any(
            other.where == step.where and other.operator == step.operator and other.met is not step.met
            for other in decision.trace
        )

    return does


def _leads_to(code: int) -> Callable[[Decision], bool]:
    text = str(code)
    return lambda decision: any(step.phase == "error_page" and step.value == text for step in decision.trace)


def _never(_: Decision) -> bool:
    return False
