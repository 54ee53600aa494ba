"""From the bytes of one file to its statements.

The truth is ngx_conf_parse and ngx_conf_read_token in src/core/ngx_conf_file.c; what they would refuse is handed to
`recovery`, so that one mistake costs one problem and the rest of the file is still read.
"""

from audit403.core.source import Source
from audit403.nginx.read import limits, recovery
from audit403.nginx.read.state import LUA_BLOCK, State
from audit403.nginx.read.tree import Directive, ParsedFile, Word
from audit403.nginx.read.words import STATEMENT, words_of

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACES_IN_PYTHON_ALONE = (b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x1f")


def parse(path: str, data: bytes) -> ParsedFile:
    """Read one file; never fails, whatever the bytes are."""
    refused = limits.refusal(data)
    if refused is not None:
        return limits.refused_file(path, refused)
    state = State(Source(path, data))
    position = 0
    if data.startswith(_BYTE_ORDER_MARK):
        position = len(_BYTE_ORDER_MARK)
        state.report(0, position, recovery.BYTE_ORDER_MARK_MESSAGE, "bytes")
    _read_statements(state, position)
    recovery.report_odd_spaces(state)
    if state.mistakes:
        from audit403.core import template_file  # not on the way of files that nginx can read

        if template_file.is_template(state.text):
            return limits.refused_file(path, template_file.MESSAGE)
    return ParsedFile(state.source, state.top, limits.condensed(state))


def _read_statements(state: State, position: int) -> None:
    source, text = state.source, state.text
    opened, lists = state.opened, state.lists
    match_at = STATEMENT.match
    split_as_nginx = not any(space in source.data for space in _SPACES_IN_PYTHON_ALONE)
    current = lists[-1]
    while True:
        found = match_at(text, position)
        if found is None:
            position = recovery.recover(state, position)
            if position < 0:
                return
            current = lists[-1]
            continue
        group = found.lastindex
        end = found.end()
        if end - position > limits.NGINX_BUFFER and not limits.check(state, position, end):
            position = end
            continue
        if group == 5:
            if opened:
                state.close(end)
                current = lists[-1]
            else:
                recovery.report_stray(state, end - 1)
            position = end
            continue
        words: list[Word] | None = None
        raw = found[1]
        start = found.start(1)
        if raw is not None and split_as_nginx and raw.isascii():
            args = raw.split()
        else:
            raw = raw or found[3]
            start = max(start, found.start(3))
            words = [Word(*word) for word in words_of(text, start, end)]
            args = [word.text(source) for word in words]
        if "\n" in raw:
            resume = recovery.missing_semicolon(state, args, start, end)
            if resume >= 0:
                position = resume
                current = lists[-1]
                continue
        name = args.pop(0)
        directive = Directive(name, args, source, start, end, words)
        position = end
        if text[end - 1] == ";":
            current.append(directive)
            continue
        if name == "server" and not args and opened:
            recovery.close_unfinished_server(state, start)
            current = lists[-1]
        current.append(directive)
        if name.endswith(LUA_BLOCK):
            from audit403.nginx.read.opaque import skip_lua  # few files have Lua in them

            position = skip_lua(state, directive, end)
            continue
        directive.block_start = end - 1
        directive.block = current = []
        opened.append(directive)
        lists.append(current)
