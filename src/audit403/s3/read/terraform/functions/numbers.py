"""Functions of numbers, and of what is true.

Truth: https://developer.hashicorp.com/terraform/language/functions, "Numeric Functions" and "Type Conversion".
"""

import math
from collections.abc import Callable
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue, number
from audit403.s3.read.terraform.functions.arguments import has_hole, items, text, whole
from audit403.s3.read.value import Hole, Value

_TRUTHS = {"true": True, "false": False}
_LARGEST_BASE = 62
_CASELESS_BASE = 36


def as_number(found: float) -> float:
    """A number without a fraction where it has none."""
    return int(found) if isinstance(found, float) and found.is_integer() and abs(found) < 1e15 else found


def _on_number(change: Callable[[float], float]) -> Callable[[Value], Any]:
    return lambda value: as_number(change(number(value)))


def _sum(values: Value) -> Any:
    every = items(values)
    if not every:
        raise NoValue("sum of nothing")
    return NotImplemented if _is_open(every) else as_number(sum(number(one) for one in every))


def _is_open(values: list[Value]) -> bool:
    return any(isinstance(one.value, Hole) for one in values)


def _every(deciding: bool) -> Callable[[Value], Any]:
    """Whether all are true, or any is: one that decides does so whatever is not known of the others."""

    def found(values: Value) -> Any:
        if isinstance(values.value, Hole):
            return NotImplemented
        truths = [None if isinstance(one.value, Hole) else one.value in (True, "true") for one in items(values)]
        if deciding in truths:
            return deciding
        return NotImplemented if None in truths else not deciding

    return found


def _parseint(value: Value, base: Value) -> Any:
    written, radix = text(value), whole(base)
    if has_hole(value):
        return NotImplemented
    if not 2 <= radix <= _LARGEST_BASE or "_" in written:
        raise NoValue("parseint")
    return NotImplemented if radix > _CASELESS_BASE else int(written, radix)


def _tobool(value: Value) -> Any:
    return _TRUTHS.get(value.value, value.value) if isinstance(value.value, str) else value


def _tonumber(value: Value) -> Any:
    return value if not isinstance(value.value, str) else as_number(number(value))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": _on_number(abs),
    "alltrue": _every(False),
    "anytrue": _every(True),
    "ceil": _on_number(math.ceil),
    "floor": _on_number(math.floor),
    "log": lambda value, base: as_number(math.log(number(value), number(base))),
    "max": lambda *values: as_number(max(number(one) for one in values)),
    "min": lambda *values: as_number(min(number(one) for one in values)),
    "parseint": _parseint,
    "pow": lambda value, power: as_number(math.pow(number(value), number(power))),
    "signum": _on_number(lambda one: (one > 0) - (one < 0)),
    "sum": _sum,
    "tobool": _tobool,
    "tonumber": _tonumber,
}
