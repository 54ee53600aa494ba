"""What functions are given: lists, sets, objects and texts. A function gives NotImplemented where nobody can know."""

from collections.abc import Callable, Iterable
from typing import Any

from audit403.s3.read.terraform.evaluate import NoValue, number
from audit403.s3.read.value import Unordered, Value, plain, text_of


def items(value: Value) -> list[Value]:
    """The elements of a list or a set. Raises NoValue."""
    if not isinstance(value.value, list):
        raise NoValue("no list")
    return value.value


def in_order(value: Value) -> list[Value]:
    """The elements of a list; those of a set have no order. Raises NoValue."""
    if isinstance(value.value, Unordered):
        raise NoValue("a set has no order")
    return items(value)


def members(value: Value) -> dict[str, Value]:
    """What an object or a map has. Raises NoValue."""
    if not isinstance(value.value, dict):
        raise NoValue("no object")
    return value.value


def text(value: Value) -> str:
    """A text, or a number or a truth as one. Raises NoValue."""
    found = text_of(value)
    if found is None:
        raise NoValue("no text")
    return found


def whole(value: Value) -> int:
    """A number without a fraction. Raises NoValue."""
    found = number(value)
    if found != int(found):
        raise NoValue("no whole number")
    return int(found)


def has_hole(*values: Value) -> bool:
    """Whether a part of a text is not known: a hole is no text of its own."""
    return any("⟨" in text(value) for value in values)


def of_one_type(values: Iterable[Value]) -> list[Value]:
    """The elements of a list or a set have one type: where a text is among numbers, all are texts."""
    every = list(values)
    kinds = {type(one.value) for one in every if isinstance(one.value, str | bool | int | float)}
    if len(kinds) < 2 or kinds == {int, float}:
        return every
    return [one if isinstance(one.value, str) else as_text(one) for one in every]


def as_text(value: Value) -> Value:
    """A number or a truth as a text, where it is written; anything else as it is."""
    found = text_of(value) if isinstance(value.value, bool | int | float) else None
    return value if found is None else Value(found, value.source, value.start, value.end)


def distinct(values: Iterable[Value]) -> list[Value]:
    """Each value once, where it is first."""
    found: dict[str, Value] = {}
    for one in values:
        found.setdefault(repr(plain(one)), one)
    return list(found.values())


def a_set(values: Iterable[Value]) -> Unordered:
    """A set: each value once, in the order in which Terraform goes through it."""
    every = distinct(of_one_type(values))
    if all(isinstance(one.value, int | float) for one in every):
        return Unordered(sorted(every, key=lambda one: one.value))
    return Unordered(sorted(every, key=lambda one: text_of(one) or ""))


def on_text(change: Callable[[str], Any]) -> Callable[[Value], Any]:
    """A function of one text."""
    return lambda value: NotImplemented if has_hole(value) else change(text(value))


def on_two(change: Callable[[str, str], Any]) -> Callable[[Value, Value], Any]:
    """A function of two texts."""
    return lambda one, other: NotImplemented if has_hole(one, other) else change(text(one), text(other))
