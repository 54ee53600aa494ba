"""The negative look-ahead of a pattern, taken apart and put where it holds."""

from audit403.core.named_tuple import NamedTuple
from audit403_checks.pattern_signs import signs

_OPENS = "(?!"
_ANYTHING = ".*"


class LookAhead(NamedTuple):
    """A pattern around its first negative look-ahead: what stands before it, in it and behind it."""

    before: str
    body: str
    behind: str

    def of_endings(self) -> str | None:
        r"""What the look-ahead means where it stands behind `.*` and a sign, as in `.*\.(?!js|css)`: the path's end.

        As a pattern for the whole path; None where it stands elsewhere.
        """
        start, anything, sign = self.before.rpartition(_ANYTHING)
        if not anything or sign not in (r"\.", "/", "-", "_"):
            return None
        end = "" if "$" in self.body else f"[^{sign.strip(chr(92))}/]*$"
        return f"{start}{_ANYTHING}{sign}(?:{self.body}){end}"

    def at_the_end(self) -> str | None:
        """The pattern with a look-ahead that looks at the path's end, where it is meant to."""
        start, _, sign = self.before.rpartition(_ANYTHING)
        meant = self.of_endings()
        if meant is None:
            return None
        return f"{start}(?!{meant.removeprefix(start)}){_ANYTHING}{sign}{self.behind}"


def first_look_ahead(pattern: str) -> LookAhead | None:
    """The first negative look-ahead of a pattern; None where it has none that is closed."""
    before, opens, rest = pattern.partition(_OPENS)
    end = next((index for index, _, depth in signs(rest) if depth < 0), None)
    return None if not opens or end is None else LookAhead(before, rest[:end], rest[end + 1 :])
