"""Regular expressions as the servers use them: PCRE on bytes, with numbered and named captures.

Truth: src/core/ngx_regex.c and ngx_http_regex_exec of nginx, server/util_pcre.c of httpd.
"""

from typing import Any

from audit403.core.open_question import Undecided
from audit403.core.withheld import WITHHELD, is_filled

_KEPT = 256
_cache: dict[tuple[str, bool], "Regex | InvalidRegex"] = {}


class InvalidRegex(ValueError):
    """PCRE rejects the pattern; the server would not start. The message is nginx's, without its last part: where."""


class MatchFailed(Exception):
    """PCRE gives up in the middle of a match (a pattern without end, too deep a recursion); nginx answers 500."""


class PatternWithheld(MatchFailed, Undecided):
    """A part of the pattern was left out of the record."""


class Captured:
    """What a match captured: `groups[0]` is the whole match; a group that took no part is empty, as in nginx."""

    __slots__ = ("count", "groups", "named")

    def __init__(self, groups: tuple[str, ...], named: dict[str, str], count: int) -> None:
        self.groups = groups
        self.named = named
        self.count = count


class Regex:
    """One compiled pattern."""

    __slots__ = ("_compiled", "_groups", "_known", "_names", "caseless", "pattern")

    def __init__(self, pattern: str, caseless: bool, compiled: Any) -> None:
        self.pattern = pattern
        self.caseless = caseless
        self._compiled = compiled
        self._groups = compiled.groups
        self._known: dict[str, Captured | None] = {}
        self._names = {_text_of(name): index for name, index in compiled.groupindex.items()}

    def matches(self, subject: str) -> bool:
        """Whether the pattern is found in `subject`."""
        return self.search(subject) is not None

    def _found(self, subject: str) -> Any:
        try:
            return self._compiled.search(subject.encode("utf-8", "surrogateescape"))
        except Exception as error:  # whatever PCRE has to say
            raise MatchFailed(str(error)) from error

    def search(self, subject: str) -> Captured | None:
        """The captures of the first match in `subject`, or None; kept, because one request's subjects are another's."""
        known = self._known
        if subject in known:
            return known[subject]
        if len(known) >= _KEPT:
            known.clear()
        found = known[subject] = self.search_anew(subject)
        return found

    def search_anew(self, subject: str) -> Captured | None:
        """The same, not kept."""
        if is_filled(subject):
            raise PatternWithheld(WITHHELD)
        match = self._found(subject)
        if match is None:
            return None
        highest = 0
        values = [_decode(match.group(0))]
        for index in range(1, self._groups + 1):
            value = match.group(index)
            values.append("" if value is None else _decode(value))
            if value is not None:
                highest = index
        named = {name.lower(): values[index] for name, index in self._names.items()}
        return Captured(tuple(values), named, highest + 1)

    def place(self, subject: str) -> tuple[int, int]:
        """Where the first match in `subject` begins and ends, in bytes; there must be one."""
        match = self._found(subject)
        return match.start(), match.end()

    @property
    def group_count(self) -> int:
        """How many groups capture."""
        return int(self._groups)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the named groups."""
        return tuple(self._names)

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each named group."""
        return self._names


class _Filled(Regex):
    """A pattern of which a part was left out of the record: what it finds is known of the empty text alone."""

    __slots__ = ()

    def _found(self, subject: str) -> Any:
        if subject:
            raise PatternWithheld(WITHHELD)
        return super()._found(subject)


def compile_regex(pattern: str, caseless: bool = False) -> Regex:
    """The compiled pattern, compiled once a run. Raises InvalidRegex with PCRE's words."""
    key = (pattern, caseless)
    found = _cache.get(key)
    if found is None:
        found = _compile(pattern, caseless)
        _cache[key] = found
    if isinstance(found, InvalidRegex):
        raise found
    return found


def _compile(pattern: str, caseless: bool) -> "Regex | InvalidRegex":
    import pcre2

    flags = pcre2.IGNORECASE if caseless else pcre2.NOFLAG
    try:
        kind = _Filled if is_filled(pattern) else Regex
        return kind(pattern, caseless, pcre2.compile(pattern.encode("utf-8", "surrogateescape"), flags=flags))
    except (pcre2.error, ValueError, OverflowError) as error:
        reason = str(error).rpartition("; ")[2]
        return InvalidRegex(f'pcre2_compile() failed: {reason} in "{pattern}"')


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _text_of(name: "str | bytes") -> str:
    return name if isinstance(name, str) else _decode(name)
