"""What a terminal is given: colours as asked for, escapes never."""

from __future__ import annotations

import io

import pytest

from audit403.report.terminal import safe, style_of, write

VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "COLUMNS")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("colour", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"CLICOLOR": "1"}, True, True),
        ("auto", {"CLICOLOR": "1"}, False, False),
        ("auto", {"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True, True),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colours(
    colour: str, environment: dict[str, str], terminal: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert style_of(Terminal() if terminal else io.StringIO(), colour).colour is expected


def test_width(monkeypatch: pytest.MonkeyPatch) -> None:
    assert style_of(io.StringIO()).width == 120
    monkeypatch.setenv("COLUMNS", "90")
    assert style_of(io.StringIO()).width == 90
    monkeypatch.setenv("COLUMNS", "3")
    assert style_of(io.StringIO()).width == 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("tab\there", "tab here"),
        ("\033[2J", "\\x1b[2J"),
        ("line\nbreak\r", "line\\x0abreak\\x0d"),
        ("byte \udcff", "byte \\xff"),
        ("\u202eevil", "\\u202eevil"),
        ("\x9b1m", "\\x9b1m"),
        ("\ud800", "\\ud800"),
        ("no-break\xa0space", "no-break\\xa0space"),
        ("\U000e0041", "\\U000e0041"),
        ("Grüße 日本 →", "Grüße 日本 →"),
    ],
)
def test_safe(text: str, expected: str) -> None:
    assert safe(text) == expected


@pytest.mark.parametrize(("encoding", "expected"), [("ascii", b"a -> \\xfc\n"), ("latin-1", b"a -> \xfc\n")])
def test_other_encodings(encoding: str, expected: bytes) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    write(stream, "a → ü\n")
    stream.flush()
    assert raw.getvalue() == expected
