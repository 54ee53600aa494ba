"""Blocks of Lua, which nginx hands to the lua module unread: only where they end matters.

The truth is ngx_http_lua_lex.rl of lua-nginx-module: braces count outside of strings, long brackets and comments.
"""

import re

from audit403.core.source import decoded_bytes
from audit403.nginx.read.state import State
from audit403.nginx.read.tree import Directive

_LUA_TOKEN = (
    r"--\[(=*)\[[\s\S]*?\]\1\]|--[^\n]*+|\[(=*)\[[\s\S]*?\]\2\]"
    r"|\"(?:[^\"\\\n]++|\\[\s\S])*+\"|'(?:[^'\\\n]++|\\[\s\S])*+'|(\{)|(\})"
)


def skip_lua(state: State, directive: Directive, position: int) -> int:
    """Give `directive` the text between its braces as its body; the position is behind the `{`, and then the `}`."""
    directive.block_start = position - 1
    directive.block = []
    depth = 1
    for token in re.compile(_LUA_TOKEN).finditer(state.text, position):
        if token[3]:
            depth += 1
        elif token[4]:
            depth -= 1
            if depth == 0:
                directive.body = decoded_bytes(state.text[position : token.start()])
                directive.end = token.end()
                return token.end()
    state.report(
        directive.start,
        position,
        f'the block of "{directive.name}" is not closed: expected "}}" before the end of the file',
    )
    directive.body = decoded_bytes(state.text[position:])
    directive.end = len(state.text)
    return directive.end
