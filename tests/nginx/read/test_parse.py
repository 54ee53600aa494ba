"""What one file reads as: words, blocks, spans, comments."""

from audit403.core.source import every_directive
from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import Directive, ParsedFile


def read(text: str | bytes) -> ParsedFile:
    return parse("/etc/nginx/nginx.conf", text.encode() if isinstance(text, str) else text)


def only(text: str | bytes) -> Directive:
    file = read(text)
    assert file.problems == []
    assert len(file.directives) == 1
    return file.directives[0]


def shape(directives: list[Directive]) -> list[object]:
    return [(d.name, *d.args) if d.block is None else ((d.name, *d.args), shape(d.block)) for d in directives]


def test_words_quotes_and_escapes() -> None:
    directive = only(r"""add_header "X-\"A\"" 'b\tc' d\ e\;f ${g}{h;""".replace("{h", "h"))
    assert directive.args == ['X-"A"', "b\tc", r"d\ e\;f", "${g}h"]
    assert directive.quoted == [False, True, True, False, False]


def test_bare_words_keep_braces_quotes_and_hashes_inside() -> None:
    assert only("""return 200 a}b"c'd#e;""").args == ["200", "a}b\"c'd#e"]


def test_spans_count_characters_in_columns_and_bytes_in_offsets() -> None:
    directive = only("# ü\n server_name  ä ö;\n")
    assert directive.offsets == [(6, 17), (19, 21), (22, 24)]
    assert directive.arg_span(1)[1:5] == (2, 17, 2, 18)
    assert directive.span[1:] == (2, 2, 2, 19, 6, 25)


def test_a_block_spans_from_its_name_to_its_brace() -> None:
    directive = only("server {\n  listen 80;\n}\n")
    assert (directive.block_start, directive.end) == (7, 23)
    assert directive.span.end == 8
    assert directive.full_span[3:5] == (3, 2)


def test_a_missing_semicolon_is_reported_where_it_is_missing_and_the_rest_is_read() -> None:
    file = read("server {\n  listen 80\n  server_name a;\n  root /x;\n}\n")
    assert shape(file.directives) == [(("server",), [("listen", "80"), ("server_name", "a"), ("root", "/x")])]
    [problem] = file.problems
    assert (problem.span.line, problem.span.column, problem.kind) == (2, 12, "syntax")
    assert 'not terminated by ";"' in problem.message


def test_ten_thousand_levels() -> None:
    file = read(b"a {" * 10_000 + b"}" * 10_000)
    assert file.problems == []
    assert len(every_directive(file.directives)) == 10_000
