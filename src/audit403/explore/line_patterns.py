"""A server's patterns held against all names of a directory in one match.

What a pattern looks at must then end where the line ends, which `line_pattern` makes sure of. Patterns of another kind
are matched name by name.
"""

import re
from typing import Any

MOST_MATCHES = 1_000
"""Where more names than so many are matched they are no exceptions."""

BY_EXTENSION = re.compile(r"\\\.(?:\w\??|\((?:\?:)?\w[\w?]*(?:\|\w[\w?]*)*\)\??)+\$", re.ASCII)
"""A pattern of one or several extensions: what stands before the last dot of a name has no say in it."""

_PIECE = re.compile(
    r"""
    (?P<negated> \[\^ (?=[^\]\\\[\x00-\x1f]) )            # a negated class takes the end of the line too
    | \[ (?!\^) (?=[^\]\\\[\x00-\x1f]) (?:[^\]\\\[\x00-\x1f]|\\[^a-zA-Z0-9\x00-\x1f]|\\[dw])+ \]
    | \\ (?: [^a-zA-Z0-9\x00-\x1f] | [dwbB] )
    | \( \? (?: : | = | ! | <= | <! | i\) | P?<[A-Za-z_]\w*> )
    | \( (?! [?*] )
    | [^\\\[(\x00-\x1f]
    """,
    re.VERBOSE,
)
_REST_OF_NEGATED = re.compile(r"(?:[^\]\\\[\x00-\x1f]|\\[^a-zA-Z0-9\x00-\x1f]|\\[dw])+\]")
_patterns: dict[tuple[str, bool], Any] = {}


def compiled(pattern: str, caseless: bool) -> Any:
    """The pattern for many lines; None where it has something that may look beyond the end of a line."""
    key = (pattern, caseless)
    if key not in _patterns:
        _patterns[key] = None
        written = line_pattern(pattern)
        if written is not None:
            import pcre2

            flags = pcre2.MULTILINE | (pcre2.IGNORECASE if caseless else pcre2.NOFLAG)
            _patterns[key] = pcre2.compile(written.encode("utf-8", "surrogateescape"), flags=flags)
    return _patterns[key]


def line_pattern(pattern: str) -> str | None:
    """The pattern so written that nothing in it takes the end of a line."""
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            return None
        text, at = piece[0], piece.end()
        if piece["negated"] is not None:
            rest = _REST_OF_NEGATED.match(pattern, at)
            if rest is None:
                return None
            text, at = f"[^\\n{rest[0]}", rest.end()
        pieces.append(text)
    return "".join(pieces)


class Lines:
    """Patterns that are searched for in the text before each name and the name itself, as in one line each."""

    def __init__(self, patterns: "list[tuple[str, bool]]") -> None:
        """Raises ValueError where one of them may look beyond the end of a line."""
        self._patterns = []
        for pattern, caseless in dict.fromkeys(patterns):
            found = compiled(pattern, caseless)
            if found is None:
                raise ValueError(pattern)
            self._patterns.append(found)

    def matched(self, base: bytes, joined: bytes, end: bytes = b"") -> "set[bytes] | None":
        """The names, of those with a NUL around each, in whose line a pattern is found; `end` is put behind each name.

        None where that is not known because of ends of lines, or where they are many.
        """
        if b"\n" in joined or b"\r" in joined or b"\n" in base or b"\r" in base:
            return None
        if not self._patterns or len(joined) <= 1:
            return set()
        lines = (joined[:-1].replace(b"\0", b"%b\n%b" % (end, base)) + end)[len(end) + 1 :]
        found: set[bytes] = set()
        try:
            for pattern in self._patterns:
                if pattern.search(lines) is None:
                    continue
                after = -1
                for match in pattern.finditer(lines):
                    at = match.start()
                    if at <= after:
                        continue
                    begin = lines.rfind(b"\n", 0, at) + 1
                    after = lines.find(b"\n", at)
                    after = len(lines) if after < 0 else after
                    found.add(lines[begin + len(base) : after - len(end)])
                    if len(found) > MOST_MATCHES:
                        return None
        except Exception:  # whatever PCRE has to say is said again where it is asked alone
            return None
        return found
