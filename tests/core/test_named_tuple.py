"""Our named tuples do what typing's do."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from audit403.core import named_tuple


class Ours(named_tuple.NamedTuple):
    """A doc."""

    one: int
    two: str = "x"
    three: tuple[int, ...] = ()

    @staticmethod
    def kind() -> str:
        return "kind"

    @property
    def both(self) -> str:
        return f"{self.one}{self.two}"


class Typings(typing.NamedTuple):
    """A doc."""

    one: int
    two: str = "x"
    three: tuple[int, ...] = ()

    @staticmethod
    def kind() -> str:
        return "kind"

    @property
    def both(self) -> str:
        return f"{self.one}{self.two}"


class Child(Ours):
    """Of a named tuple."""


class Empty(named_tuple.NamedTuple):
    """Without fields."""


@pytest.mark.parametrize("made", [Ours, Typings])
class TestBoth:
    def test_values(self, made: type[Ours]) -> None:
        value = made(1, three=(2,))
        assert value.one == 1 and value.two == "x" and value.three == (2,)
        assert value.both == "1x" and value.kind() == "kind" and made.__doc__ == "A doc."
        assert value._replace(two="y") == (1, "y", (2,)) and type(value._replace(one=2)) is made
        assert value._asdict() == {"one": 1, "two": "x", "three": (2,)}
        assert made._make([1, "a", ()]) == made(1, "a")
        assert repr(value) == f"{made.__name__}(one=1, two='x', three=(2,))"
        assert hash(value) == hash((1, "x", (2,))) and value in {value}
        assert value == (1, "x", (2,))

    def test_copies(self, made: type[Ours]) -> None:
        value = made(1, "a")
        for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert again == value and type(again) is made

    def test_shape(self, made: type[Ours]) -> None:
        assert made._fields == ("one", "two", "three") == made.__match_args__
        assert made._field_defaults == {"two": "x", "three": ()}
        assert made.__bases__ == (tuple,) and type(made) is type
        assert not hasattr(made(1), "__dict__")
        match made(1):
            case made(one, two):
                assert (one, two) == (1, "x")

    def test_mistakes(self, made: type[Ours]) -> None:
        with pytest.raises(TypeError):
            made()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            made(1, four=4)  # type: ignore[call-arg]
        with pytest.raises(ValueError, match="four"):
            made(1)._replace(four=4)  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            made._make([1])
        with pytest.raises(AttributeError):
            made(1).one = 2  # type: ignore[misc]


def test_a_class_of_one() -> None:
    assert Child(3) == (3, "x", ()) and type(Child(3)) is Child and type(Ours(3)) is Ours
    assert type(Child(3)._replace(one=4)) is Child


def test_without_fields() -> None:
    assert Empty() == () and repr(Empty()) == "Empty()"


def test_fields_without_a_default_come_first() -> None:
    with pytest.raises(TypeError):

        class Wrong(named_tuple.NamedTuple):
            one: int = 1
            two: int  # type: ignore[misc]


def test_the_first_values_are_as_all_others() -> None:
    class Fresh(named_tuple.NamedTuple):
        one: int
        two: str = "x"

    for number in range(100):
        assert Fresh(number) == Fresh(one=number) == Fresh(two="x", one=number) == (number, "x")
        assert Fresh(number, "y") == Fresh(number, two="y") == (number, "y")
        mistakes: tuple[tuple[tuple[object, ...], dict[str, object]], ...]
        mistakes = ((), {}), ((1, "y", 2), {}), ((1,), {"one": 2}), ((1,), {"four": 4}), ((), {"two": "y"})
        for values, named in mistakes if number in (0, 99) else ():
            with pytest.raises(TypeError):
                Fresh(*values, **named)  # type: ignore[arg-type]
