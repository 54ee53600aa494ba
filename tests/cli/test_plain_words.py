"""Lines without options are read as argparse reads them; every other line is left to it."""

from __future__ import annotations

import pytest

from audit403.cli.parser import parsed
from audit403.cli.plain_words import COMMANDS, plain


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("words", [[], ["a"], ["a", "b c", ""], ["-"], ["a", "-"], ["check"], ["=x"], ["@file"]])
def test_plain_words_are_read_as_argparse_reads_them(command: str, words: list[str]) -> None:
    read = plain([command, *words])
    assert read is not None
    name, arguments = parsed([command, *words])
    assert read[0] == name
    assert vars(read[1]) == vars(arguments)


@pytest.mark.parametrize(
    "words",
    [
        [], ["-"], ["--version"], ["a.conf"], ["rules", "nginx/missing-index"], ["check", "--strict"],
        ["check", "a", "-q"], ["check", "--", "-a"], ["--help", "check"],
    ],
)  # fmt: skip
def test_others_are_left_to_argparse(words: list[str]) -> None:
    assert plain(words) is None
