"""Functions of lists and sets.

Truth: https://developer.hashicorp.com/terraform/language/functions, "Collection Functions".
"""

from collections.abc import Callable
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue, combined, number
from audit403.s3.read.terraform.functions.arguments import (
    a_set,
    as_text,
    distinct,
    in_order,
    items,
    of_one_type,
    text,
    whole,
)
from audit403.s3.read.value import Hole, Value, plain

_MOST = 10_000


def _concat(*lists: Value) -> Any:
    if any(isinstance(one.value, Hole) for one in lists):
        # What is known of it is known; what is not stands for all that may be there.
        return [each for one in lists for each in ([one] if isinstance(one.value, Hole) else in_order(one))]
    return [each for one in lists for each in in_order(one)]


def _compact(values: Value) -> Any:
    if isinstance(values.value, Hole):
        return NotImplemented
    return [as_text(one) for one in items(values) if one.value not in (None, "")]


def _coalesce(*values: Value) -> Any:
    for one in of_one_type(values):
        if isinstance(one.value, Hole):
            return combined("coalesce", *values)
        if one.value not in (None, ""):
            return one
    raise NoValue("coalesce")


def _flatten(values: Value) -> Any:
    if isinstance(values.value, Hole):
        return NotImplemented
    found: list[Value] = []
    for one in items(values):
        found += _flatten(one) if isinstance(one.value, list) else [one]
    return found


def _element(of: Value, at: Value) -> Any:
    every = in_order(of)
    return every[whole(at) % len(every)]


def _contains(of: Value, what: Value) -> Any:
    wanted = plain(what)
    every = [plain(one) for one in items(of)]
    if any(one == wanted and isinstance(one, bool) == isinstance(wanted, bool) for one in every):
        return True
    return NotImplemented if any(isinstance(one, str) and "…⟩" in one for one in (wanted, *every)) else False


def _distinct(of: Value) -> Any:
    return NotImplemented if isinstance(of.value, Hole) else distinct(of_one_type(items(of)))


def _length(of: Value) -> Any:
    if isinstance(of.value, Hole) or (isinstance(of.value, list) and any(isinstance(o.value, Hole) for o in of.value)):
        return NotImplemented
    if isinstance(of.value, str) and "⟩" in of.value:
        return NotImplemented
    return len(text(of)) if isinstance(of.value, str | int | float) else len(of.value)


def _slice(of: Value, start: Value, end: Value) -> Any:
    every, first, last = in_order(of), whole(start), whole(end)
    if not 0 <= first <= last <= len(every):
        raise NoValue("slice")
    return every[first:last]


def _range(*numbers: Value) -> Any:
    values = [number(one) for one in numbers]
    start, limit = (0, values[0]) if len(values) == 1 else (values[0], values[1])
    step = values[2] if len(values) > 2 else 1 if limit >= start else -1
    if step == 0:
        raise NoValue("range")
    found: list[Value] = []
    while (start < limit) if step > 0 else (start > limit):
        found.append(Value(start))
        start += step
        if len(found) > _MOST:
            raise NoValue("range")
    return found


def _setproduct(*lists: Value) -> Any:
    found: list[list[Value]] = [[]]
    for one in lists:
        found = [[*row, each] for row in found for each in items(one)]
        if len(found) > _MOST:
            raise NoValue("setproduct")
    return [Value(row) for row in found]


def _to_list(value: Value) -> Any:
    if isinstance(value.value, Hole):
        return NotImplemented
    return of_one_type(items(value))


def _to_set(value: Value) -> Any:
    return NotImplemented if isinstance(value.value, Hole) else a_set(items(value))


def _one(value: Value) -> Any:
    every = items(value)
    if len(every) > 1:
        raise NoValue("one")
    return every[0] if every else None


def _chunks(of: Value, size: Value) -> Any:
    every, length = items(of), whole(size)
    if length < 0:
        raise NoValue("chunklist")
    step = length or max(len(every), 1)
    return [Value(every[start : start + step]) for start in range(0, len(every), step)]


def _matchkeys(values: Value, keys: Value, wanted: Value) -> Any:
    every = [plain(one) for one in items(wanted)]
    return [one for one, key in zip(items(values), items(keys), strict=True) if plain(key) in every]


def _index(of: Value, what: Value) -> Any:
    return [plain(one) for one in in_order(of)].index(plain(what))


def _kept(keeps: Callable[[Any, list[list[Any]]], bool]) -> Callable[..., Any]:
    """A set of those elements of the first that the others let stay."""

    def found(first: Value, *others: Value) -> Any:
        every = [[plain(one) for one in items(other)] for other in others]
        return a_set(one for one in items(first) if keeps(plain(one), every))

    return found


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "chunklist": _chunks,
    "coalesce": _coalesce,
    "coalescelist": lambda *lists: next(one for one in lists if in_order(one)),
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "length": _length,
    "matchkeys": _matchkeys,
    "one": _one,
    "range": _range,
    "reverse": lambda value: items(value)[::-1],
    "setintersection": _kept(lambda one, others: all(one in other for other in others)),
    "setproduct": _setproduct,
    "setsubtract": _kept(lambda one, others: not any(one in other for other in others)),
    "setunion": lambda *lists: a_set(each for one in lists for each in items(one)),
    "slice": _slice,
    "sort": lambda value: [Value(one) for one in sorted(text(each) for each in items(value))],
    "tolist": _to_list,
    "toset": _to_set,
}
