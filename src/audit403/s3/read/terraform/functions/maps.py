"""Functions of objects and maps.

Truth: https://developer.hashicorp.com/terraform/language/functions, "Collection Functions".
"""

from collections.abc import Callable
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue
from audit403.s3.read.terraform.functions.arguments import items, members, of_one_type, text
from audit403.s3.read.value import Hole, Value


def _merge(*objects: Value) -> Any:
    if any(isinstance(one.value, Hole) for one in objects):
        return NotImplemented
    found: dict[str, Value] = {}
    for one in objects:
        if one.value is not None:
            found.update(members(one))
    return found


def _lookup(of: Value, key: Value, *default: Value) -> Any:
    if isinstance(of.value, Hole) or isinstance(key.value, Hole):
        return NotImplemented
    found = members(of).get(text(key))
    if found is None and not default:
        raise NoValue("lookup")
    return found if found is not None else default[0]


def _zipmap(keys: Value, values: Value) -> Any:
    if isinstance(keys.value, Hole) or isinstance(values.value, Hole):
        return NotImplemented
    return {text(key): value for key, value in zip(items(keys), items(values), strict=True)}


def _tomap(value: Value) -> Any:
    found = members(value)
    return dict(zip(found, of_one_type(found.values()), strict=True))


def _transpose(of: Value) -> Any:
    found: dict[str, list[Value]] = {}
    for key, values in sorted(members(of).items()):
        for one in items(values):
            found.setdefault(text(one), []).append(Value(key))
    return {key: Value(found[key]) for key in sorted(found)}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "keys": lambda value: [Value(key) for key in sorted(members(value))],
    "lookup": _lookup,
    "merge": _merge,
    "tomap": _tomap,
    "transpose": _transpose,
    "values": lambda value: [members(value)[key] for key in sorted(members(value))],
    "zipmap": _zipmap,
}
