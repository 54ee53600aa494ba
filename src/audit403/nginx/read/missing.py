"""Where a `;` or `{` is missing between two lines: nginx reads on and takes the next directive for arguments.

Nothing is cut that nginx would accept: what it takes is known from its directive table.
"""

import re

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.read import directives
from audit403.nginx.read.state import State
from audit403.nginx.read.tree import Word

_NAME = r"[a-z][a-z0-9_]*\Z"
#: Directives with optional arguments that nginx checks, so that it refuses a swallowed line.
_CHECKS_ITS_ARGUMENTS = frozenset(
    {
        "listen",
        "access_log",
        "error_log",
        "error_page",
        "add_header",
        "rewrite",
        "user",
        "limit_req",
        "limit_conn",
        "limit_except",
        "ssl_protocols",
        "proxy_next_upstream",
        "dav_methods",
        "gzip_proxied",
        "keepalive_timeout",
    }
)
#: Blocks whose statements are data: a key and one value.
_PAIRS = frozenset({"map", "split_clients", "geo", "charset_map"})
DATA_BLOCKS = _PAIRS | {"types"}


class Split(NamedTuple):
    """Two statements read as one: `word` is the first of the second.

    `lacks` is the mark that is missing between them, or empty when nginx accepts the words as one statement.
    """

    word: int
    lacks: str


def find_split(state: State, words: list[Word], texts: list[str], mark: str) -> Split | None:
    """Where the words over several lines are two statements; `mark` is what ends them (empty: the file's end)."""
    lines = _first_words_of_lines(state.text, words)
    block = state.opened[-1] if state.opened else None
    if block is not None and block.name in _PAIRS:
        return Split(2, ";") if 2 in lines and len(words) > 3 and mark != "{" else None
    if block is not None and block.name == "types":
        return None
    starts = [index for index in lines if re.match(_NAME, texts[index]) and directives.masks(texts[index]) is not None]
    whole = bool(starts) and mark in (";", "{") and directives.takes(texts[0], texts[1:], mark == "{") is True
    accepted = whole and texts[0] not in _CHECKS_ITS_ARGUMENTS
    for position, index in enumerate(starts):
        following = starts[position + 1] if position + 1 < len(starts) else len(texts)
        one_line = directives.takes(texts[index], texts[index + 1 : following], False)
        all_lines = directives.takes(texts[index], texts[index + 1 :], mark == "{")
        if not one_line and not all_lines:
            continue
        if directives.takes(texts[0], texts[1:index], False) is not False:
            return Split(index, "" if accepted else ";")
        if not whole and directives.takes(texts[0], texts[1:index], True):
            return Split(index, "{")
    return None


def _first_words_of_lines(text: str, words: list[Word]) -> list[int]:
    return [
        index
        for index in range(1, len(words))
        if not words[index].quoted and text.find("\n", words[index - 1].end, words[index].start) >= 0
    ]
