"""Variables that `set` makes: which conditions must hold, and which not, for one to have a wanted value.

The code up to the test is run with every combination of outcomes of the conditions that have a say, the nearest to
what the request does now first; those that give what is wanted say what must be changed in the request.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import TYPE_CHECKING

from audit403.core.named_tuple import NamedTuple
from audit403.core.request import Request
from audit403.explore.wish import Wish
from audit403.http.regex import MatchFailed
from audit403.nginx.explore.point import Point, wish_of
from audit403.nginx.model.rewrite_code import Break, Condition, If, Instruction, Return, Rewrite, Set
from audit403.nginx.model.template import TEXT, VARIABLE, Part, Template

if TYPE_CHECKING:
    from audit403.nginx.explore.reach import Reach

_MOST_RUNS = 400
_MOST_PLANS = 24
_MOST_WAYS = 3
_FILE_TESTS = ("-f", "-d", "-e", "-x")

Pieces = tuple[Part, ...]


class Plan(NamedTuple):
    """Conditions with the outcomes that they must have, and what the variable then is."""

    turned: tuple[tuple[If, bool], ...]
    value: Pieces

    def text(self) -> str | None:
        """The value, where nothing in it is left open."""
        return _text_of(self.value)


class _Ended(Exception):
    """The code ends before the test."""


def requests_for(reach: "Reach", at: Point, name: str, wish: Wish) -> Iterator[Request]:
    """Requests for which a variable that `set` makes may be what is wanted."""
    for plan in _wanted(plans(at, name), wish):
        for request in _turned(reach, at, plan.turned):
            if plan.text() is not None:
                yield request
            else:
                template = Template("", plan.value, None)
                yield from islice(reach.of_template(at.of(request), template, wish), 6)


def values_of(at: Point, name: str) -> tuple[str, ...] | None:
    """The values that the variable may have; None where one of them is not written down."""
    texts = [plan.text() for plan in plans(at, name)]
    known = tuple(dict.fromkeys(text for text in texts if text is not None))
    return known if len(known) == len(dict.fromkeys(texts)) else None


def plans(at: Point, name: str) -> Iterator[Plan]:
    """What must be turned for each value that the variable may have, the least first; each made when it is wanted."""
    names, deciding = _relevant(at.code, name)
    code = [one for one in at.code if any(each.name in names for each in _sets((one,)))]
    runs = (chosen for count in range(len(deciding) + 1) for chosen in combinations(deciding, count))
    for chosen in islice(runs, _MOST_RUNS):
        turned = {id(condition): condition for condition in chosen}
        try:
            state = _run(at, code, names, turned)
        except _Ended:
            continue
        outcomes = tuple((one, not at.outcomes.get(one.directive.span, False)) for one in chosen)
        yield Plan(outcomes, state.get(name, ()))


def _wanted(every: Iterable[Plan], wish: Wish) -> Iterator[Plan]:
    """The plans that give what is wanted, and those of which the request's own texts decide it."""
    fitting = (plan for plan in every if (text := plan.text()) is None or wish.accepts(text))
    yield from islice(fitting, _MOST_PLANS)


def _turned(reach: "Reach", at: Point, turned: tuple[tuple[If, bool], ...]) -> Iterator[Request]:
    """The request with some conditions turned."""
    if not turned:
        yield at.request
        return
    (first, outcome), rest = turned[0], turned[1:]
    wish = wish_of(first.condition, outcome)
    if first.condition.operator.endswith(_FILE_TESTS) or wish is None:
        return
    before = at._replace(code=at.code[: at.code.index(first)])
    for request in islice(reach.requests(before, first.condition.variable, wish), _MOST_WAYS if not rest else 2):
        yield from _turned(reach, at.of(request), rest)


def _relevant(code: tuple[Instruction, ...], name: str) -> tuple[set[str], list[If]]:
    """The variables that a variable is made of, and the conditions that decide about them and not one another."""
    set_here = {instruction.name for instruction in _sets(code)}
    names = {name}
    while True:
        size = len(names)
        for instruction in _sets(code):
            if instruction.name in names:
                names |= set(instruction.value.variables()) & set_here
        deciding = [one for one in code if isinstance(one, If) and any(each.name in names for each in _sets(one.body))]
        names |= {one.condition.variable for one in deciding if one.condition.variable in set_here}
        if len(names) == size:
            return names, [one for one in deciding if one.condition.variable not in set_here]


def _sets(code: Iterable[Instruction]) -> Iterator[Set]:
    for instruction in code:
        if isinstance(instruction, Set):
            yield instruction
        elif isinstance(instruction, If):
            yield from _sets(instruction.body)


def _run(at: Point, code: list[Instruction], names: set[str], turned: dict[int, If]) -> dict[str, Pieces]:
    """What the variables are after the code, with some conditions turned. Raises _Ended where it does not get there."""
    state: dict[str, Pieces] = {}
    for instruction in code:
        if isinstance(instruction, Set):
            _assign(state, instruction, names)
        elif isinstance(instruction, If):
            holds = _known_outcome(instruction.condition, state, names)
            if holds is None:
                holds = at.outcomes.get(instruction.directive.span, False) != (id(instruction) in turned)
            if holds:
                _run_body(state, instruction.body, names)
    return state


def _run_body(state: dict[str, Pieces], body: tuple[Instruction, ...], names: set[str]) -> None:
    for instruction in body:
        if isinstance(instruction, Set):
            _assign(state, instruction, names)
        elif isinstance(instruction, (Return, Break)) or (isinstance(instruction, Rewrite) and instruction.ends):
            raise _Ended


def _assign(state: dict[str, Pieces], instruction: Set, names: set[str]) -> None:
    if instruction.name not in names:
        return
    pieces: list[Part] = []
    for part in instruction.value.parts:
        pieces += state.get(part.value, ()) if part.kind == VARIABLE and part.value in names else (part,)
    state[instruction.name] = tuple(pieces)


def _known_outcome(condition: Condition, state: dict[str, Pieces], names: set[str]) -> bool | None:
    """The outcome of a condition on a variable that `set` makes; None where the request decides it."""
    if condition.variable not in names or condition.operator.endswith(_FILE_TESTS):
        return None
    text, wish = _text_of(state.get(condition.variable, ())), wish_of(condition, True)
    try:
        return None if text is None or wish is None else wish.accepts(text)
    except MatchFailed:
        return None


def _text_of(pieces: Pieces) -> str | None:
    return "".join(part.value for part in pieces) if all(part.kind == TEXT for part in pieces) else None
