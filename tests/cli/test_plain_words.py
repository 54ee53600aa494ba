"""Plain lines are read as argparse reads them; every other line is left to it."""

from __future__ import annotations

import pytest

from audit403.cli.parser import parsed
from audit403.cli.plain_words import COMMANDS, plain


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "words",
    [
        [], ["a"], ["a", "b c", ""], ["-"], ["a", "-"], ["check"], ["=x"], ["@file"], ["--strict"],
        ["a", "-q", "--fix"], ["--tree", "none", "a", "b"], ["a", "b", "--tree", "here", "--format", "json"],
        ["--tree", "none", "--tree", "here"],
        ["--fail-on", "error", "a", "--unsafe-fixes", "--color", "never"],
    ],
)  # fmt: skip
def test_plain_words_are_read_as_argparse_reads_them(command: str, words: list[str]) -> None:
    read = plain([command, *words])
    assert read is not None
    name, arguments = parsed([command, *words])
    assert read[0] == name
    assert vars(read[1]) == vars(arguments)


@pytest.mark.parametrize(
    "words",
    [
        [], ["-"], ["--version"], ["a.conf"], ["rules", "nginx/missing-index"], ["check", "--", "-a"],
        ["--help", "check"], ["check", "a", "--strict", "b"], ["check", "--tree", "nowhere"], ["check", "--tree"],
        ["check", "--tree=none"], ["check", "--str"], ["check", "-p", "x"], ["check", "--select", "x"],
        ["check", "--help"],
    ],
)  # fmt: skip
def test_others_are_left_to_argparse(words: list[str]) -> None:
    assert plain(words) is None
