"""What a value should be for a test to come out the other way."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

from audit403.core.named_tuple import NamedTuple
from audit403.explore.regex_witness import Matcher, witnesses
from audit403.http.regex import MatchFailed

_OTHERS = ("", "something-else")

_MOST_WITNESSES = 3


class Wish(NamedTuple):
    """`accepts` tells whether a value will do; `texts` are values to begin with, the likeliest first."""

    accepts: Callable[[str], bool]
    texts: tuple[str, ...]

    def fitting(self, values: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
        """Those of some values that will do, each once; the wish's own texts come first."""
        seen: set[str] = set()
        for value in (*self.texts, *values):
            if value not in seen and self.accepts(value):
                seen.add(value)
                yield value


def anything(*texts: str) -> Wish:
    """Whatever comes of it; `texts` to begin with."""
    return Wish(lambda value: True, texts)


def exactly(text: str, *, caseless: bool = False) -> Wish:
    """One text."""
    if caseless:
        return Wish(lambda value: value.lower() == text.lower(), (text,))
    return Wish(lambda value: value == text, (text,))


def anything_but(text: str) -> Wish:
    """Any other text."""
    return Wish(lambda value: value != text, _OTHERS)


def matching(regex: Matcher, holds: bool = True) -> Wish:
    """A text that a pattern matches, or one that it does not."""
    texts = _taken_by(regex) if holds else _OTHERS

    def accepts(value: str) -> bool:
        try:
            return regex.matches(value) == holds
        except MatchFailed:
            return False

    return Wish(accepts, texts)


@lru_cache(maxsize=1024)
def _taken_by(regex: Matcher) -> tuple[str, ...]:
    """The first texts that a pattern matches; one pattern is met again and again, on each virtual host."""
    return tuple(islice(witnesses(regex), _MOST_WITNESSES))
