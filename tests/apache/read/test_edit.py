"""Edits by byte span: the word that is replaced is the one that httpd reads then, and nothing else changes."""

import random
from collections.abc import Callable
from pathlib import Path

from apache.read.generator import Generator
from audit403.apache.read.configuration import Settings, read_around, read_configuration
from audit403.apache.read.parse import parse
from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit, edited
from audit403.evidence.local import LocalEvidence
from audit403.evidence.memory import MemoryEvidence

SETTINGS = Settings(environment={}, modules="debian")


def texts(directives: list[Directive]) -> list[tuple[str, list[str]]]:
    return [(directive.name, directive.args) for directive in directives]


def test_a_word_is_replaced(tmp_path: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    replaced = 0
    for number in range(cases(60)):
        root = tmp_path / str(number)
        files = Generator(rng, root).make(10)
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        settings = SETTINGS._replace(prefix=str(root))
        evidence = LocalEvidence()
        before = read_configuration(str(root / "main.conf"), evidence, settings)
        every = before.every()
        chosen = [index for index, directive in enumerate(every) if directive.name in ("unsetenv", "indexignore")]
        for index in rng.sample(chosen, min(5, len(chosen))):
            directive = every[index]
            span = directive.arg_span(0)
            twice = [other for other in every if other.source is directive.source and other.start == directive.start]
            if len(twice) > 1 or directive.args[0] != "first":
                continue  # a macro's line, or a file that is included more than once
            edit = TextEdit(span.file, span.start, span.end, "changed")
            after = read_configuration(str(root / "main.conf"), evidence.with_changes([edit]), settings)
            expected = texts(every)
            expected[index] = (directive.name, ["changed", *directive.args[1:]])
            assert texts(after.every()) == expected, (directive, span)
            replaced += 1
    assert replaced > cases(60)


def test_a_line_is_put_into_a_section_and_a_section_is_taken_out() -> None:

    text = "<Directory /a>\n    Options None\n</Directory>\n"
    text += "<Directory \\\n  /b> \nRequire all denied\n</Directory> behind\nTimeout 1\n"
    first, second, timeout = read_around(parse("/x", text.encode()), MemoryEvidence({})).directives
    inserted = TextEdit("/x", first.line_end, first.line_end, "\n    Require all granted")
    removed = TextEdit("/x", second.start, second.end, "")
    changed = edited(text.encode(), [inserted, removed])
    assert changed == b"<Directory /a>\n    Require all granted\n    Options None\n</Directory>\n\nTimeout 1\n"
    assert timeout.full_span == timeout.span


def test_a_variable_is_the_place_of_what_it_stands_for() -> None:

    text = 'Define ROOT "/srv/my www"\nDocumentRoot "${ROOT}/public"\nServerAdmin x${ROOT}y\n'
    root, admin = read_around(parse("/x", text.encode()), MemoryEvidence({})).directives
    assert root.args == ["/srv/my www/public"]
    assert text[slice(*root.arg_span(0)[5:])] == '"${ROOT}/public"'
    assert admin.args == ["x/srv/my", "wwwy"]
    assert [text[slice(*admin.arg_span(index)[5:])] for index in (0, 1)] == ["x${ROOT}", "${ROOT}y"]
    assert root.raw == '"/srv/my www/public"'
    assert text[slice(*root.raw_span(13, 19)[5:])] == "public"
