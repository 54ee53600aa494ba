"""Requests that meet the conditions of a statement: who is within the ranges, has the tags, comes from the page.

What is found is tried on the statement itself; where no request meets all conditions at once, there is none to find.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product
from time import time

from audit403.s3.explore.samples import sample_of
from audit403.s3.model.condition import FOR_ALL, FOR_ANY, Condition
from audit403.s3.model.operators import is_private, moment, network, number
from audit403.s3.model.pattern import Context, has_variables, parts_of

_MOST_TRIES = 400
_ORDINARY = "audit403"
_NEWEST_TLS = 1.3
_ALWAYS_THERE = ("aws:currenttime", "aws:epochtime", "aws:securetransport")

Values = dict[str, tuple[str, ...]]


def contexts(conditions: Iterable[Condition], base: Values, fixed: frozenset[str] = frozenset()) -> Iterator[Values]:
    """`base`, and what comes of giving the keys of conditions values that may meet them; `fixed` ones stay."""
    keys, combinations = _combinations(conditions, base, fixed)
    for combination in islice(combinations, _MOST_TRIES):
        context = dict(base)
        for key, value in zip(keys, combination, strict=True):
            context.pop(key, None)
            if value is not None:
                context[key] = value
        yield context


def _combinations(
    conditions: Iterable[Condition], base: Values, fixed: frozenset[str]
) -> tuple[tuple[str, ...], Iterator[tuple[tuple[str, ...] | None, ...]]]:
    """The keys that may vary, and every choice of values for them."""
    keys: dict[str, list[tuple[str, ...] | None]] = {}
    for condition in conditions:
        key = condition.key.lower()
        if key not in fixed:
            choices = keys.setdefault(key, [base.get(key)])
            choices += [one for one in _choices(condition) if one not in choices]
    return tuple(keys), product(*keys.values())


def are_too_many(conditions: Iterable[Condition], base: Values, fixed: frozenset[str] = frozenset()) -> bool:
    """Whether `contexts` leaves some out, so that none of those it gives proves nothing about all."""
    return next(islice(_combinations(conditions, base, fixed)[1], _MOST_TRIES, None), None) is not None


def all_met(conditions: Iterable[Condition], context: Context) -> bool:
    """Whether a context meets every one of some conditions for certain."""
    return all(condition.test(context) is True for condition in conditions)


def operator_name(condition: Condition) -> str:
    """The operator without its qualifiers, in lower case."""
    return condition.operator.lower().removeprefix(FOR_ALL).removeprefix(FOR_ANY).removesuffix("ifexists")


def _anything(text: str) -> bool:
    return True


def _is_public(text: str) -> bool:
    """S3 sees the public address of whoever asks."""
    range_of = network(text)
    return range_of is None or not is_private(range_of)


def _is_to_come(text: str) -> bool:
    at = moment(text)
    return at is None or at >= time() - 1


def _is_spoken(text: str) -> bool:
    version = number(text)
    return version is None or version <= _NEWEST_TLS


_POSSIBLE: dict[str, Callable[[str], bool]] = {
    "aws:sourceip": _is_public,
    "aws:currenttime": _is_to_come,
    "aws:epochtime": _is_to_come,
    "s3:tlsversion": _is_spoken,
}


def _choices(condition: Condition) -> list[tuple[str, ...] | None]:
    """Values that may meet a condition, and absence."""
    name = operator_name(condition)
    found: list[tuple[str, ...] | None] = []
    possible = _POSSIBLE.get(condition.key.lower(), _anything)
    for value in condition.values:
        found += [(text,) for text in fitting(name, value) if possible(text)]
    if "not" in name or name == "null":
        found.append((_ORDINARY,))
    if condition.key.lower() not in _ALWAYS_THERE:
        found.append(None)
    return found


def fitting(name: str, value: str) -> list[str]:
    """Values near one of the policy, the first of which meets it; none where nothing can."""
    if name.endswith("ipaddress"):
        range_of = network(value)
        return [] if range_of is None else [str(range_of[min(1, range_of.num_addresses - 1)])]
    if name.startswith("numeric"):
        limit = number(value)
        return [] if limit is None else [value, f"{limit - 1:.15g}", f"{limit + 1:.15g}"]
    if name.startswith("date"):
        at = moment(value)
        return [] if at is None else [value, f"{at - 1:.0f}", f"{at + 1:.0f}"]
    if name == "bool":
        return [value.lower()] if value.lower() in ("true", "false") else []
    parts = parts_of(value, True, "like" in name or name.startswith("arn"))
    return [] if has_variables(parts) else [sample_of(parts)]
