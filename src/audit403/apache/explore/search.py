"""The search through the requests to one server, driven by what their traces show.

As for nginx: every decided request tells which tests it met and which it did not. A test that has come out only one
way so far is turned; a request that brings something new is looked at in turn; one that ends early is let past what
stops it, so that what lies behind is seen.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from audit403.apache.decide.evaluator import Evaluator
from audit403.apache.decide.outcome import SENT_TO
from audit403.apache.explore.flips import Flips
from audit403.apache.model.server import Server
from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Place
from audit403.core.request import Request
from audit403.explore.asked import Asked
from audit403.explore.fields import with_target

MOST_REQUESTS_A_START = 2_000
_MANY_STEPS = 200
_MOST_STEPS = 400_000
"""How many steps of long traces one server may cost: each of N tests that is turned makes all N again."""
_ENOUGH_OF_ALIKE = 16
_STEPS_FOR_ALIKE = 100_000
"""How many tests with the same effect are turned: as many as make no more tests than these together, and a few."""
_MOST_TRIES = 3
_MOST_LOOKED_AT = 50_000
_MOST_PROPOSALS = 24
_MOST_PASSES = 12
_DEEPEST = 8
_STOPPING = frozenset(("authz", "access", "authn", "if", "env", "fixup", "translate"))
"""The phases whose tests may keep a request from what lies behind."""
_MISCHIEF = ("%20a", "%3Fa", "%0Aa")
"""What clients put into URLs that rules may turn into something else."""
_MOST_SEGMENTS = 4

Mark = tuple[Place, str | None, str | None, bool | None]


class Proposal(NamedTuple):
    """Requests to try until one does what is wanted; one that `passes` what stopped the last is gone on with."""

    requests: Iterator[Request]
    does: Callable[[Decision], bool]
    passes: bool = False


class Search:
    """What was seen of one server."""

    def __init__(self, evaluator: Evaluator, server: Server, flips: Flips) -> None:
        self.evaluator = evaluator
        self.server = server
        self.flips = flips
        self.cut_off = False
        self.covered: set[Mark] = set()
        self.places: set[tuple[Place, bool | None]] = set()
        self.ends: set[tuple[str, Place | None]] = set()
        self._tried: dict[object, int] = {}
        self._starts = 0
        self._steps = 0
        #: Steps that were looked at, by their identity: evaluators make those that are always the same only once.
        self._looked_at: dict[int, Step] = {}

    def explore(self, first: Request) -> list[Asked]:
        """The request and those that it leads to."""
        self._starts += 1
        if self._steps > 3 * _MOST_STEPS:
            self.cut_off = True
            return []
        asked: list[Asked] = []
        done: set[Request] = set()
        pending: deque[Asked] = deque()
        decision = self._ask(first, 0, asked, done, pending)
        if not pending and decision is not None and _is_stopped(decision):
            pending.append(asked[0])  # what lies behind it may be new, though it is not
        while pending:
            base = pending.popleft()
            for proposal in self._proposals(base):
                for request in islice(proposal.requests, _MOST_PROPOSALS):
                    if len(asked) >= MOST_REQUESTS_A_START or self._steps > _MOST_STEPS:
                        self.cut_off = True
                        return asked
                    decision = self._ask(request, base.depth + 1, asked, done, pending)
                    if decision is not None and proposal.does(decision):
                        if proposal.passes and asked[-1] not in pending and _is_stopped(decision):
                            pending.append(asked[-1])
                        break
        return asked

    def has_met(self, where: Place) -> bool:
        """Whether a test at a place has been met."""
        return (where, True) in self.places

    def _ask(
        self, request: Request, depth: int, asked: list[Asked], done: set[Request], pending: deque[Asked]
    ) -> Decision | None:
        if request in done:
            return None
        done.add(request)
        decision = self.evaluator.decide(request)
        self._steps += max(0, len(decision.trace) - _MANY_STEPS)
        entry = Asked(request, decision, depth)
        asked.append(entry)
        if self._is_new(decision) and depth <= _DEEPEST:
            pending.append(entry)
        return decision

    def _is_new(self, decision: Decision) -> bool:
        before = len(self.covered)
        if len(self._looked_at) > _MOST_LOOKED_AT:
            self._looked_at.clear()
        for step in decision.trace:
            if step.where is not None and self._looked_at.get(id(step)) is not step:
                self._looked_at[id(step)] = step
                self.covered.add(_mark(step))
                self.places.add((step.where, step.met))
        end = (decision.cause, decision.where)
        new = len(self.covered) > before or end not in self.ends
        self.ends.add(end)
        return new

    def _proposals(self, base: Asked) -> Iterator[Proposal]:
        request, decision, _ = base
        most_alike = max(_ENOUGH_OF_ALIKE, _STEPS_FOR_ALIKE // (len(decision.trace) + 1))
        for step in dict.fromkeys(decision.trace):
            if step.where is not None and self.flips.can(step) and self._is_wanted(step, most_alike):
                yield Proposal(self.flips.of(step, request), _turns(step))
        if _is_stopped(decision):
            yield from self._past(base)
        yield from self._mischief(request, decision)

    def _group(self, step: Step) -> object:
        """The tests with the same effect that one belongs to."""
        return None if step.where is None else self.evaluator.alike.get(step.where)

    def _is_wanted(self, step: Step, most_alike: int) -> bool:
        """Whether a test has come out one way only, and neither it nor others like it were tried too often."""
        if _mark(step._replace(met=not step.met)) in self.covered:
            return False
        group = self._group(step)
        if group is not None and not self._try_again(("alike", group, step.met), most_alike):
            return False
        return self._try_again((step.where, step.operator, step.value, step.met), _MOST_TRIES)

    def _try_again(self, key: object, most: int) -> bool:
        tries = self._tried.get(key, 0)
        self._tried[key] = tries + 1
        return tries < most

    def _past(self, base: Asked) -> Iterator[Proposal]:
        """Let the request past what it ends at: the tests before its end are turned, the last first."""
        request, decision, depth = base
        if depth >= _DEEPEST:
            return
        end = (decision.cause, decision.where)

        def elsewhere(other: Decision) -> bool:
            return (other.cause, other.where) != end

        seen: set[object] = set()
        for step in reversed(decision.trace):
            if step.phase not in _STOPPING:
                continue
            group = self._group(step)
            key = (step.where, step.operator, step.value) if group is None else (group, step.met)
            if len(seen) >= _MOST_PASSES:
                return
            if not self.flips.can(step) or key in seen:
                continue
            seen.add(key)
            if self._try_again(("past", self._starts, key, end), 1):
                yield Proposal(self.flips.of(step, request), elsewhere, True)

    def _mischief(self, request: Request, decision: Decision) -> Iterator[Proposal]:
        """URLs with encoded signs, where rules make something else of a URL."""
        path, mark, query = request.target.partition("?")
        for step in decision.trace:
            # What a rule makes of a directory's index says nothing of what it makes of the address.
            if _has_rewritten(step) and self._try_again(("mischief", step.where, path.endswith("/")), 1):
                targets = [f"{made}{mark}{query}" for made in _with_mischief(path)]
                yield Proposal((with_target(request, target) for target in targets), _never)


def _has_rewritten(step: Step) -> bool:
    """Whether a rule has put something in place of the URI."""
    is_made = step.field is None and step.value is not None and step.operator != SENT_TO
    return is_made and step.phase in ("translate", "fixup")


def _with_mischief(path: str) -> Iterator[str]:
    """The path with an encoded sign in it: at its end, and in each of its segments."""
    segments = path.split("/")
    for sign in _MISCHIEF:
        yield f"{path}{sign}"
        for at in range(len(segments) - 1, 0, -1)[:_MOST_SEGMENTS]:
            yield "/".join((*segments[:at], f"a{sign}{segments[at]}", *segments[at + 1 :]))


def _mark(step: Step) -> Mark:
    assert step.where is not None
    return step.where, step.operator, step.value, step.met


def _is_stopped(decision: Decision) -> bool:
    return decision.verdict == REFUSED or (decision.status or 0) >= 400


def _turns(step: Step) -> Callable[[Decision], bool]:
    def does(decision: Decision) -> bool:
        return any(
            other.where == step.where
            and other.operator == step.operator
            and other.value == step.value
            and other.met is not None
            and other.met is not step.met
            for other in decision.trace
        )

    return does


def _never(_: Decision) -> bool:
    return False
