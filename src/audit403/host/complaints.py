"""What find writes to standard error, as paths and reasons. Truth: findutils 4.9 and busybox 1.35, run with LC_ALL=C.

GNU puts the path in quotes with escapes as in C, busybox and BSD put it there as it is.
"""

import re

from audit403.core.named_tuple import NamedTuple

GONE = ("No such file or directory", "Not a directory")
DENIED = ("Permission denied", "Operation not permitted")
_QUOTED = re.compile(rb"(?:cannot [a-z ]+ )?'((?:[^'\\]|\\.)*)': ([A-Z][^:']*)")
_BARE = re.compile(rb"(?:cannot [a-z ]+ )?(/.*): ([A-Z][^:\n]*)", re.DOTALL)
_BEGIN = b"\nfind: "
_NO_LABEL = b"getfilecon failed: "
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_MOST_UNKNOWN = 20
_LONGEST = 300


class Complaints(NamedTuple):
    """What was said of which path, and lines that nobody here understands."""

    of: dict[str, str]
    unknown: tuple[str, ...]


def read_complaints(text: bytes) -> Complaints:
    """Every complaint; a path in one may have line feeds."""
    found: dict[str, str] = {}
    unknown: list[str] = []
    for line in (b"\n" + text).split(_BEGIN):
        line = line.strip(b"\n")
        quoted = _QUOTED.fullmatch(line)
        bare = _BARE.fullmatch(line) if quoted is None else None
        if quoted is not None:
            found[_text(_ESCAPE.sub(_unescaped, quoted[1]))] = _text(quoted[2])
        elif bare is not None:
            found[_text(bare[1])] = _text(bare[2])
        elif line and not line.startswith(_NO_LABEL) and len(unknown) < _MOST_UNKNOWN:
            shown = line[:_LONGEST].decode("utf-8", "replace")
            unknown.append("".join(sign if sign.isprintable() else "?" for sign in shown))
    return Complaints(found, (*unknown,))


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    return bytes([int(escape, 8) & 0xFF]) if len(escape) == 3 else _LETTERS.get(escape, escape)
