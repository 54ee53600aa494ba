"""What to make of text that nginx refuses: one problem where the mistake is, and reading goes on behind it.

The cases are the errors of ngx_conf_parse and ngx_conf_read_token in src/core/ngx_conf_file.c; where nginx names the
place at which it noticed, this names the place that lacks something.
"""

import re

from audit403.core.source import decoded_bytes, every_directive
from audit403.nginx.read import limits
from audit403.nginx.read.missing import DATA_BLOCKS, find_split
from audit403.nginx.read.state import LUA_BLOCK, State
from audit403.nginx.read.tree import Directive, Word
from audit403.nginx.read.words import BARE_WORD, ODD_SPACE, QUOTED_WORD, SKIPPED, SPACES, decoded, words_of

MOST_WORDS = 2000
BYTE_ORDER_MARK_MESSAGE = (
    "the file begins with a byte order mark, which nginx takes for a part of the first word: expected plain UTF-8"
)

_END_OF_STATEMENT = r"[;{}]|\Z"
_REST_OF_BARE = r"[^ \t\r\n;{]*+"


def recover(state: State, position: int) -> int:
    """Read on where no statement matches; gives the position to go on from, or -1 at the end of the file."""
    text = state.text
    start = SKIPPED.match(text, position).end()  # type: ignore[union-attr]
    if start - position > limits.NGINX_BUFFER:
        limits.check_comments(state, position, start)
    if start == len(text):
        _end_of_file(state)
        return -1
    if state.given_up:
        while state.opened:
            state.close(start)
        return -1
    if text[start] in ";{":
        report_stray(state, start)
        if text[start] == "{":
            state.opened.append(None)
            state.lists.append(state.lists[-1])
        return start + 1
    return _broken_statement(state, start)


def report_stray(state: State, at: int) -> None:
    """Note a `;`, `{` or `}` that belongs to nothing."""
    mark = state.text[at]
    expected = {
        ";": 'expected a directive before it; a block ends with "}" alone',
        "{": "expected the name of a directive before it",
        "}": "no block is open here",
    }[mark]
    state.report(at, at + 1, f'unexpected "{mark}": {expected}')


def missing_semicolon(state: State, words: list[str], start: int, end: int) -> int:
    """Whether a statement over several lines is two of them: adds the first, gives where the next begins, or -1."""
    located = [Word(*word) for word in words_of(state.text, start, end)]
    return _split(state, located, words, state.text[end - 1])


def close_unfinished_server(state: State, start: int) -> None:
    """A server block cannot stand in another: close the one that lacks its `}`."""
    for depth, directive in enumerate(state.opened):
        if directive is None or directive.name != "server" or directive.args:
            continue
        inner = state.opened[-1]
        unclosed = inner if inner is not None else directive
        line = unclosed.line
        message = (
            f'"server" is not allowed in "{unclosed.name}": expected a "}}" before it for the block of line {line}'
        )
        state.report(start, start + len("server"), message)
        while len(state.opened) > depth:
            state.close(start)
        return


def report_odd_spaces(state: State) -> None:
    """Note spaces that are none to nginx: it takes a no-break space, VT or FF for a part of the word."""
    data = state.source.data
    if data.isascii() and b"\x0b" not in data and b"\x0c" not in data:
        return
    odd_space = re.compile(ODD_SPACE)
    if odd_space.search(state.text) is None:
        return
    every = every_directive(state.top)
    keys = {inner for directive in every if directive.name in DATA_BLOCKS for inner in directive.block or ()}
    for directive in every:
        for index, (start, end) in enumerate(directive.offsets):
            found = None if directive.quoted[index] else odd_space.search(state.text, start, end)
            if found is None:
                continue
            code = f"U+{ord(decoded_bytes(found[0])):04X}"
            kind = "bytes" if index == 0 and directive not in keys else "suspicious"
            message = f"{code} is no space to nginx but a part of this word: expected an ordinary space"
            state.report(found.start(), found.end(), message, kind)
            break


def _end_of_file(state: State) -> None:
    unclosed = [directive for directive in state.opened if directive is not None]
    if unclosed:
        end = len(state.text)
        inner = unclosed[-1]
        state.report(
            end,
            end,
            f'unexpected end of file: expected "}}" to close the block of "{inner.name}" that line {inner.line} opens',
        )
    while state.opened:
        state.close(len(state.text))


def _broken_statement(state: State, start: int) -> int:
    """Read the words of a statement that has no proper end, and say what it lacks."""
    text = state.text
    words: list[Word] = []
    texts: list[str] = []
    position = start
    while True:
        position = SKIPPED.match(text, position).end()  # type: ignore[union-attr]
        mark = text[position : position + 1]
        if mark in ("", ";", "{", "}"):
            break
        if mark in "\"'":
            word, value, ended = _quoted_word(state, position)
            words.append(word)
            texts.append(value)
            position = word.end
            if ended:
                mark = ""
                break
        else:
            found = re.compile(BARE_WORD).match(text, position)
            stop = found.end() if found else position + 1
            words.append(Word(position, stop, False))
            texts.append(decoded(text[position:stop]))
            position = stop
        if len(words) > MOST_WORDS:
            return _endless_statement(state, words, texts)
    return _finish(state, words, texts, position, mark)


def _endless_statement(state: State, words: list[Word], texts: list[str]) -> int:
    """Leave out a statement that goes on and on, unless its first lines are statements of their own."""
    resume = _split(state, words, texts, "")
    if resume >= 0:
        return resume
    end = re.compile(_END_OF_STATEMENT).search(state.text, words[-1].end).end()  # type: ignore[union-attr]
    message = f'directive "{texts[0]}" is not terminated by ";" within {MOST_WORDS:,} words and was not read'
    state.report(words[0].start, words[0].end, message, "limit")
    return end


def _finish(state: State, words: list[Word], texts: list[str], position: int, mark: str) -> int:
    """Add the statement of these words, which `mark` at `position` ends (empty: the end of the file or of its line)."""
    source = state.source
    reported = len(state.problems)
    resume = _split(state, words, texts, mark)
    if resume >= 0:
        return resume
    last = words[-1].end
    if mark == "}" or (mark == "" and position >= len(source.text) and state.text[last - 1 : last] != ";"):
        noticed = 'the "}" that follows' if mark else "the end of the file"
        if reported == 0 or state.problems[-1].span.end < last:
            state.report(last, last, f'directive "{texts[0]}" is not terminated by ";": expected it before {noticed}')
        mark = ""
    directive = Directive(texts[0], texts[1:], source, words[0].start, last, words)
    state.lists[-1].append(directive)
    if mark == "":
        return position
    directive.end = position + 1
    if mark == "{" and directive.name.endswith(LUA_BLOCK):
        from audit403.nginx.read.opaque import skip_lua

        return skip_lua(state, directive, position + 1)
    if mark == "{":
        state.open(directive, position)
    return position + 1


def _quoted_word(state: State, start: int) -> tuple[Word, str, bool]:
    """A word in quotes, mended if need be, with its value; also whether its statement ends with it."""
    text = state.text
    good = re.compile(QUOTED_WORD).match(text, start)
    if good:
        word = Word(start, good.end(), True)
        return word, word.text(state.source), False
    closing = _closing_quote(text, start)
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    if 0 <= closing < line_end:
        stop = re.compile(_REST_OF_BARE).match(text, closing + 1).end()  # type: ignore[union-attr]
        following = decoded_bytes(text[closing + 1 : stop])[:1]
        if following:
            message = f'unexpected "{following}" after the closing quote: expected a space, ";", "{{" or ")"'
            state.report(closing + 1, closing + 2, message)
        value = decoded(text[start + 1 : closing]) + decoded(text[closing + 1 : stop])
        return Word(start, stop, True), value, False
    state.report(start, start + 1, f"this quote is not closed: expected {text[start]} before the end of the line")
    content = text[start:line_end].rstrip(SPACES)
    terminated = len(content) > 1 and content[-1] in ";{"
    if terminated:
        content = content[:-1].rstrip(SPACES)
    return Word(start, start + len(content), True), decoded(content[1:]), not terminated


def _closing_quote(text: str, start: int) -> int:
    mark = text[start]
    position = start + 1
    while True:
        position = min((at for at in (text.find(mark, position), text.find("\\", position)) if at >= 0), default=-1)
        if position < 0 or text[position] == mark:
            return position
        position += 2


def _split(state: State, words: list[Word], texts: list[str], mark: str) -> int:
    """Cut off the first line's statement when a later line clearly begins another one."""
    split = find_split(state, words, texts, mark)
    if split is None:
        return -1
    before, after = words[split.word - 1], words[split.word]
    if not split.lacks:
        message = (
            f'"{texts[split.word]}" on line {state.source.position(after.start)[0]} is an argument of "{texts[0]}" '
            'here: a ";" seems to be missing at the end of this line'
        )
        state.report(before.end, before.end, message, "suspicious")
        return -1
    fault = 'is not terminated by ";"' if split.lacks == ";" else 'has no opening "{"'
    state.report(before.end, before.end, f'directive "{texts[0]}" {fault}: expected it at the end of this line')
    first = Directive(texts[0], texts[1 : split.word], state.source, words[0].start, before.end, words[: split.word])
    state.lists[-1].append(first)
    if split.lacks == "{":
        state.open(first, before.end)
    return after.start
