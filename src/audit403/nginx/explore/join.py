"""Texts that are made of several parts: how a wanted text falls apart among them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product

from audit403.explore.wish import Wish
from audit403.nginx.model.template import TEXT, Part

_MOST_SPLITS = 12
_MOST_COMBINATIONS = 96
_ANY = ("", "something-else", "1")

Values = Callable[[Part], tuple[str, ...] | None]
"""The values that a variable or capture may have; None where it may be anything."""


def ways_apart(parts: Sequence[Part], wish: Wish, values: Values) -> Iterator[tuple[str, ...]]:
    """Texts for the variables of a template that together are what is wanted, each combination once."""
    known = {part: values(part) for part in parts if part.kind != TEXT}
    seen: set[tuple[str, ...]] = set()
    for text in wish.texts:
        for found in islice(_splits(parts, text, known), _MOST_SPLITS):
            if found not in seen:
                seen.add(found)
                yield found
    choices = [(part.value,) if part.kind == TEXT else known[part] or _ANY for part in parts]
    for pieces in islice(product(*choices), _MOST_COMBINATIONS):
        found = tuple(piece for part, piece in zip(parts, pieces, strict=True) if part.kind != TEXT)
        if found not in seen and wish.accepts("".join(pieces)):
            seen.add(found)
            yield found


def _splits(parts: Sequence[Part], text: str, known: dict[Part, tuple[str, ...] | None]) -> Iterator[tuple[str, ...]]:
    """The ways in which a text falls apart; keys of tables are told apart without regard to case."""
    if not parts:
        if not text:
            yield ()
        return
    part, rest = parts[0], parts[1:]
    if part.kind == TEXT:
        if text.lower().startswith(part.value.lower()):
            yield from _splits(rest, text[len(part.value) :], known)
        return
    listed = known[part]
    fitting: Iterator[str]
    if listed is not None:
        fitting = (value for value in listed if text.lower().startswith(value.lower()))
    elif not rest:
        fitting = iter((text,))
    else:
        # The longest first: what a variable shows is seldom empty.
        fitting = (text[:length] for length in range(len(text), -1, -1))
    for value in fitting:
        for others in _splits(rest, text[len(value) :], known):
            yield (value, *others)
