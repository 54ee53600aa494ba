"""The signs of a pattern that have a meaning: not those behind a backslash, nor those in a class."""

from collections.abc import Iterator


def signs(pattern: str) -> Iterator[tuple[int, str, int]]:
    """Where each is, the sign, and how deep in groups what follows it is."""
    depth, in_class, index = 0, False, 0
    while index < len(pattern):
        sign = pattern[index]
        if sign == "\\":
            index += 1
        elif in_class:
            in_class = sign != "]"
        else:
            in_class = sign == "["
            depth += (sign == "(") - (sign == ")")
            yield index, sign, depth
        index += 1
