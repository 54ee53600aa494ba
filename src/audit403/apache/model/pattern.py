"""Regular expressions as httpd compiles them: PCRE with DOTALL and DOLLAR_ENDONLY, a failing match being no match.

Truth: ap_regcomp and ap_regexec in server/util_pcre.c; the flags are those of RegexDefaultOptions as it is by default.
"""

import re

from audit403.apache.model.config_error import ConfigError
from audit403.http.regex import Captured, InvalidRegex, MatchFailed, PatternWithheld, Regex, compile_regex

_PARTS = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:[a-z^]+:\]|[^\]\\])*\]|\$|.", re.DOTALL)


class Pattern:
    """One compiled pattern."""

    __slots__ = ("_at_end", "_regex", "caseless", "text")

    def __init__(self, text: str, caseless: bool) -> None:
        self.text = text
        self.caseless = caseless
        self._regex = compile_regex(f"(?s){text}", caseless)
        self._at_end: Regex | None = None

    def search(self, subject: str) -> Captured | None:
        """The captures of the first match, or None."""
        try:
            return self._for(subject).search(subject)
        except PatternWithheld:
            raise
        except MatchFailed:
            return None

    def search_once(self, subject: str) -> Captured | None:
        """The same for a subject whose outcome is kept elsewhere."""
        try:
            return self._for(subject).search_anew(subject)
        except PatternWithheld:
            raise
        except MatchFailed:
            return None

    @property
    def pattern(self) -> str:
        """What is written."""
        return self.text

    def matches(self, subject: str) -> bool:
        """Whether the pattern is found in a text."""
        return self.search(subject) is not None

    def find(self, subject: str) -> tuple[int, int, Captured] | None:
        """Where the first match begins and ends, in bytes, with its captures; None without one."""
        captured = self.search(subject)
        if captured is None:
            return None
        start, end = self._regex.place(subject)
        return start, end, captured

    @property
    def names(self) -> dict[str, int]:
        """The number of each named group."""
        return self._regex.numbers

    @property
    def group_count(self) -> int:
        """How many groups capture."""
        return self._regex.group_count

    def _for(self, subject: str) -> Regex:
        return self._ending_only_at_the_end() if subject.endswith("\n") else self._regex

    def _ending_only_at_the_end(self) -> Regex:
        """The pattern with `$` that does not match before a last line break."""
        if self._at_end is None:
            parts = _PARTS.findall(self.text)
            text = "".join(r"\z" if part == "$" else part for part in parts)
            try:
                self._at_end = compile_regex(f"(?s){text}", self.caseless)
            except InvalidRegex:
                self._at_end = self._regex
        return self._at_end


_kept: dict[tuple[str, bool], Pattern] = {}


def pattern_of(text: str, message: str, caseless: bool = False) -> Pattern:
    """The compiled pattern. Raises ConfigError with these words where PCRE refuses it."""
    known = _kept.get((text, caseless))
    if known is None:
        try:
            known = Pattern(text, caseless)
        except InvalidRegex as error:
            raise ConfigError(message) from error
        if len(_kept) > 10_000:
            _kept.clear()
        _kept[(text, caseless)] = known
    return known
