"""The alternatives of a pattern, and patterns without some of them."""

from audit403.http.regex import InvalidRegex, MatchFailed, compile_regex
from audit403_checks.pattern_signs import signs


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
    if not (pattern.startswith("(") and pattern.endswith(")")) or pattern.startswith("(?"):
        return False
    return next((index for index, _, depth in signs(pattern) if depth == 0), None) == len(pattern) - 1


def alternatives(pattern: str) -> list[str]:
    """What stands between the bars of a pattern that lie in no group and no class."""
    bars = [index for index, sign, depth in signs(pattern) if sign == "|" and depth == 0]
    return [pattern[start + 1 : end] for start, end in zip([-1, *bars], [*bars, len(pattern)], strict=True)]
