"""A broken file: one clear problem at the place that lacks something, and the rest is read."""

import pytest

from audit403.nginx.read.parse import parse
from audit403.nginx.read.recovery import BYTE_ORDER_MARK_MESSAGE
from audit403.nginx.read.tree import Directive


def shape(directives: list[Directive]) -> list[object]:
    return [" ".join([d.name, *d.args]) if d.block is None else {d.name: shape(d.block)} for d in directives]


def read(text: str) -> tuple[list[object], list[tuple[int, int, str]]]:
    file = parse("/x", text.encode())
    return shape(file.directives), [(p.span.line, p.span.column, p.message) for p in file.problems]


CASES = {
    "missing semicolon at the end of a line": (
        "server {\n  root /x   # c\n  index y;\n}\n",
        [{"server": ["root /x", "index y"]}],
        (2, 10, 'directive "root" is not terminated by ";": expected it at the end of this line'),
    ),
    "missing semicolon before a block": (
        "server {\n  server_name a b\n  location / { deny all; }\n}\n",
        [{"server": ["server_name a b", {"location": ["deny all"]}]}],
        (2, 18, 'directive "server_name" is not terminated by ";": expected it at the end of this line'),
    ),
    "missing semicolon after a checked argument": (
        "server {\n  listen 80\n  server_name a;\n}\n",
        [{"server": ["listen 80", "server_name a"]}],
        (2, 12, 'directive "listen" is not terminated by ";": expected it at the end of this line'),
    ),
    "missing semicolon before a closing brace": (
        "location / { deny all }\nindex x;",
        [{"location": ["deny all"]}, "index x"],
        (1, 22, 'directive "deny" is not terminated by ";": expected it before the "}" that follows'),
    ),
    "missing semicolon at the end of the file": (
        "index a;\nindex b\n",
        ["index a", "index b"],
        (2, 8, 'directive "index" is not terminated by ";": expected it before the end of the file'),
    ),
    "missing semicolon in a map": (
        "map $a $b {\n  x 1\n  y 2;\n}\n",
        [{"map": ["x 1", "y 2"]}],
        (2, 6, 'directive "x" is not terminated by ";": expected it at the end of this line'),
    ),
    "missing brace": (
        "server {\n  location /x\n    return 403;\n  }\n  index y;\n}\n",
        [{"server": [{"location": ["return 403"]}, "index y"]}],
        (2, 14, 'directive "location" has no opening "{": expected it at the end of this line'),
    ),
    "brace that closes nothing": (
        "server { index x; }\n}\nindex y;",
        [{"server": ["index x"]}, "index y"],
        (2, 1, 'unexpected "}": no block is open here'),
    ),
    "semicolon behind a block": (
        "server { index x; };\nindex y;",
        [{"server": ["index x"]}, "index y"],
        (1, 20, 'unexpected ";": expected a directive before it; a block ends with "}" alone'),
    ),
    "brace without a name": (
        "{ index x; }\nindex y;",
        ["index x", "index y"],
        (1, 1, 'unexpected "{": expected the name of a directive before it'),
    ),
    "block that is not closed": (
        "http {\n server {\n  index x;\n }\n",
        [{"http": [{"server": ["index x"]}]}],
        (5, 1, 'unexpected end of file: expected "}" to close the block of "http" that line 1 opens'),
    ),
    "location that is not closed before the next server": (
        "http {\n server {\n  location / {\n   index x;\n }\n server {\n  index y;\n }\n}\n",
        [{"http": [{"server": [{"location": ["index x"]}]}, {"server": ["index y"]}]}],
        (6, 2, '"server" is not allowed in "server": expected a "}" before it for the block of line 2'),
    ),
    "quote that is not closed": (
        'add_header A "b;\nindex x;\nindex y;\n',
        ["add_header A b", "index x", "index y"],
        (1, 14, 'this quote is not closed: expected " before the end of the line'),
    ),
    "quote that closes on a later line": (
        'add_header A "b;\nindex x;\nadd_header C "d";\nindex y;\n',
        ["add_header A b", "index x", "add_header C d", "index y"],
        (1, 14, 'this quote is not closed: expected " before the end of the line'),
    ),
    "letters behind a closing quote": (
        'add_header A "b"c;\nindex x;\n',
        ["add_header A bc", "index x"],
        (1, 17, 'unexpected "c" after the closing quote: expected a space, ";", "{" or ")"'),
    ),
    "byte order mark": (
        "\ufeffevents {}\nindex x;",
        [{"events": []}, "index x"],
        (1, 1, BYTE_ORDER_MARK_MESSAGE),
    ),
    "no-break space": (
        "index x;\ndeny\u00a0all;\nindex y;",
        ["index x", "deny\u00a0all", "index y"],
        (2, 5, "U+00A0 is no space to nginx but a part of this word: expected an ordinary space"),
    ),
    "lua block that is not closed": (
        "index x;\ncontent_by_lua_block {\n if {",
        ["index x", {"content_by_lua_block": []}],
        (2, 1, 'the block of "content_by_lua_block" is not closed: expected "}" before the end of the file'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_problem_and_the_rest_is_read(name: str) -> None:
    text, tree, problem = CASES[name]
    assert read(text) == (tree, [problem])


@pytest.mark.parametrize(
    "text",
    [
        "proxy_set_header\n  host\n  $host;",
        "server_name\n  a\n  b;",
        "listen 443\n  ssl http2;",
        "listen 443\n  ssl;",
        "user www\n  root;",
        "gzip_types\n  text/plain\n  index;",
        "log_format main 'a'\n  'b';",
        "access_log /x main\n  gzip buffer=32k;",
        "return 403\n  internal;",
        "location\n  /x {}",
        "if (\n $a\n) {}",
        "server {\n  server\n  root;\n}",
        "map $a $b {\n  x\n  1;\n}",
        "types {\n a/b\n  index root;\n}",
    ],
)
def test_what_nginx_accepts_over_several_lines_stays_one_statement(text: str) -> None:
    file = parse("/x", text.encode())
    assert [problem for problem in file.problems if problem.kind != "suspicious"] == []
    inner = file.directives[0].block or file.directives
    assert len(inner) == 1


def test_a_swallowed_line_that_nginx_accepts_is_suspicious() -> None:
    file = parse("/x", b"server_name a\n  root /srv;\n")
    assert shape(file.directives) == ["server_name a root /srv"]
    [problem] = file.problems
    assert (problem.kind, problem.span.line, problem.span.column) == ("suspicious", 1, 14)


def test_a_hundred_mistakes_end_the_reading() -> None:
    file = parse("/x", b"root /x\n" * 50_000)
    assert len(file.problems) == 21
    assert file.problems[-1].kind == "limit"
    assert len(file.directives) == 21


def test_lua_is_skipped_whatever_it_holds() -> None:
    lua = " local a = \"}\" -- }\n --[==[ } ]] ]==] local b = [[ } ]] local c = '\\'}' if {} then end "
    file = parse("/x", f"content_by_lua_block{{{lua}}}\nindex x; # c\n".encode())
    assert file.problems == []
    assert file.directives[0].body == lua
    assert shape(file.directives)[1:] == ["index x"]
    assert [file.source.data[start:end] for start, end in file.comments] == [b"# c"]


def test_crlf_and_bytes_that_are_no_utf8() -> None:
    file = parse("/x", b"root /\xff\xe9;\r\n# \xff\r\nindex\r\na;\r\n")
    assert file.problems == []
    assert shape(file.directives) == ["root /\udcff\udce9", "index a"]
    assert [file.source.data[start:end] for start, end in file.comments] == [b"# \xff"]
    assert file.directives[1].arg_span(0)[1:3] == (4, 1)
