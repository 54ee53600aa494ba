"""Generated configurations before the real httpd: our tree is the one that it prints, file and line and words."""

import random
from collections.abc import Callable
from pathlib import Path

from apache.dumped import dumped, rows_of
from apache.read.generator import Generator
from audit403.apache.read.configuration import Settings, read_configuration
from audit403.apache.read.lines import join
from audit403.apache.read.tree import Directive
from audit403.apache.read.words import values_of
from audit403.evidence.local import LocalEvidence
from servers.apache import USUAL, Apache, ApacheError, main_config

ENVIRONMENT = {"FROM_ENV": "from the environment", "ONE": "the environment's"}


def test_the_tree_is_httpds(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    head = main_config(server_dir, "Listen 127.0.0.1:1\nInclude main.conf\n", modules=USUAL, extra=["macro"])
    directives = refused = 0
    for number in range(cases(40)):
        root = server_dir / f"case{number}"
        for path, data in Generator(rng, root).make(40).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        (root / "apache.conf").write_text(head.replace(f"ServerRoot {server_dir}\n", f"ServerRoot {root}\n"))
        server = Apache(root, root / "apache.conf", variables=ENVIRONMENT, defines=["COMMAND_LINE"])
        try:
            theirs = dumped(server.dump())
        except ApacheError:
            refused += 1  # what a macro's arguments make of its lines need not be right
            continue
        settings = Settings(defines=("COMMAND_LINE",), environment=ENVIRONMENT)
        configuration = read_configuration(str(root / "apache.conf"), LocalEvidence(), settings)
        ours = rows_of(configuration.directives)
        assert ours == theirs, root
        assert [problem for problem in configuration.reading if problem.kind not in ("suspicious",)] == []
        for directive in configuration.every():
            assert_spans_are_exact(directive)
            directives += 1
    assert refused <= 0.4 * cases(40)
    assert directives > 20 * cases(40)


def assert_spans_are_exact(directive: Directive) -> None:
    """What stands at a word's bytes is that word, unless a variable or a macro's argument has put it there."""
    if any(step.name == "use" for step in directive.path):
        return
    data = directive.source.data
    for index, value in enumerate(directive.args):
        span = directive.arg_span(index)
        text = data[span.start : span.end].decode("latin-1")
        written = "".join(text[piece.start : piece.end] for piece in join(text, 0)[0])
        if "${" not in written and not any(mark in written for mark in "$%@"):
            assert values_of(written) == [value], (directive, index, span)
