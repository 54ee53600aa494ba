"""The alternatives of a pattern, and patterns without some of them."""

from audit403.http.regex import InvalidRegex, MatchFailed, compile_regex


def without(pattern: str, caseless: bool, texts: tuple[str, ...]) -> str | None:
    """A pattern without those of its alternatives that match one of some texts; None where none is left."""
    opening, closing = ("(", ")") if _is_one_group(pattern) else ("", "")
    every = alternatives(pattern[len(opening) : len(pattern) - len(closing)])
    kept = [one for one in every if one and not any(_matches(one, caseless, text) for text in texts)]
    if not kept or len(kept) == len(every):
        return None
    return opening + "|".join(kept) + closing


def _matches(pattern: str, caseless: bool, text: str) -> bool:
    try:
        return compile_regex(pattern, caseless).matches(text)
    except (InvalidRegex, MatchFailed):
        return False


def _is_one_group(pattern: str) -> bool:
    depth = 0
    if not (pattern.startswith("(") and pattern.endswith(")")) or pattern.startswith("(?"):
        return False
    for index, sign in enumerate(pattern):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return index == len(pattern) - 1
    return False


def alternatives(pattern: str) -> list[str]:
    """What stands between the bars of a pattern that lie in no group and no class."""
    found, depth, in_class, start, index = [], 0, False, 0, 0
    while index < len(pattern):
        sign = pattern[index]
        if sign == "\\":
            index += 1
        elif in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and depth == 0:
            found.append(pattern[start:index])
            start = index + 1
        index += 1
    return [*found, pattern[start:]]
