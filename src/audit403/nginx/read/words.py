"""The words of nginx's configuration language, as patterns over latin-1 text.

The truth is ngx_conf_read_token in src/core/ngx_conf_file.c: only space, tab, CR and LF separate; `#` opens a comment
only where a word may begin; `${` keeps its brace; a closing quote must be followed by a space, `;`, `{` or `)`.

What not every file needs is compiled where it is used, which `re` does once: at the start it would cost each run.
"""

import re
from collections.abc import Sequence

from audit403.core.source import decoded_bytes

SPACES = " \t\r\n"
SPACE = r"[ \t\r\n]"
GAP = r"(?:[ \t\r\n]++|#[^\n]*+)*+"
PLAIN_WORD = r"(?:[^ \t\r\n;{}\"'\\#$]|\$\{*+)(?:[^ \t\r\n;{\\$]++|\$\{*+)*+"
BARE_WORD = r"(?:[^ \t\r\n;{}\"'\\#$]|\$\{*+|\\[\s\S])(?:[^ \t\r\n;{\\$]++|\$\{*+|\\[\s\S])*+"
QUOTED_WORD = r"(?:\"(?:[^\"\\]++|\\[\s\S])*+\"|'(?:[^'\\]++|\\[\s\S])*+')(?=[ \t\r\n;{)])"

#: A statement without quotes, escapes or inner comments (1, its end 2), any other statement (3, its end 4), or `}` (5).
STATEMENT = re.compile(
    rf"{GAP}(?:({PLAIN_WORD}(?:{SPACE}++{PLAIN_WORD})*+){SPACE}*+([;{{])"
    rf"|((?:{GAP}(?:{BARE_WORD}|{QUOTED_WORD}))++){GAP}([;{{])"
    rf"|(}}))"
)
SKIPPED = re.compile(GAP)
#: Spaces to people, letters to nginx: VT, FF, and NBSP, ZWSP, LS, PS, IDEOGRAPHIC SPACE and ZWNBSP in UTF-8.
ODD_SPACE = "[\x0b\x0c]|\xc2\xa0|\xe2\x80[\x8b\xa8\xa9]|\xe3\x80\x80|\xef\xbb\xbf"
ODD_SPACES = frozenset("\x0b\x0c\xa0\u200b\u2028\u2029\u3000\ufeff")
_WORD_OR_COMMENT = re.compile(rf"#[^\n]*+|({QUOTED_WORD})|({BARE_WORD})|[;{{}}]|[\s\S]")
_ESCAPE = r"\\([\"'\\trn])|\\[\s\S]"
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}


def words_of(text: str, start: int, end: int) -> list[tuple[int, int, bool]]:
    """The words of a well-formed statement as (start, end, whether quoted)."""
    found = []
    for match in _WORD_OR_COMMENT.finditer(text, start, end):
        group = match.lastindex
        if group is not None:
            found.append((match.start(), match.end(), group == 1))
    return found


def decoded(raw: str) -> str:
    r"""The value of a word written without its quotes: `\" \' \\ \t \r \n` are replaced, other backslashes stay."""
    if "\\" in raw:
        raw = re.sub(_ESCAPE, _unescape, raw)
    return decoded_bytes(raw)


def comments_of(text: str, start: int, end: int, opaque: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """The comments' ranges; nothing inside the `opaque` ranges (sorted, apart) is looked at."""
    found = []
    position = start
    for opaque_start, opaque_end in [*opaque, (end, end)]:
        for match in _WORD_OR_COMMENT.finditer(text, position, opaque_start):
            if match.lastindex is None and text[match.start()] == "#":
                stop = match.end()
                found.append((match.start(), stop - 1 if text[stop - 1] == "\r" else stop))
        position = opaque_end
    return found


def _unescape(match: re.Match[str]) -> str:
    letter = match[1]
    return _ESCAPED.get(letter, letter) if letter else match[0]
