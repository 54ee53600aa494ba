"""What a terminal can show: its width, its colours, and no byte that it would take for a command."""

import os
import sys
from typing import TextIO

from audit403.core.named_tuple import NamedTuple

_NO_TERMINAL_WIDTH = 120
_LEAST_WIDTH = 40
_CODES = {
    "error": "1;31", "warning": "1;33", "note": "1;36", "bold": "1", "dim": "2", "blue": "1;34",
    "old": "31", "new": "32", "help": "1;36",
}  # fmt: skip
_FOR_ASCII = {"→": "->", "–": "-", "…": "...", "“": '"', "”": '"', "×": "x"}


class Style(NamedTuple):
    """How to write to one stream."""

    colour: bool = False
    width: int = _NO_TERMINAL_WIDTH
    terminal: bool = False
    """Whether a person sees it at once: long sentences are then broken at the width; a file holds each in one line."""

    def paint(self, text: str, name: str) -> str:
        """The text in one of the colours."""
        return f"\033[{_CODES[name]}m{text}\033[0m" if self.colour else text

    def wrapped(self, text: str, indent: str) -> str:
        """A sentence, broken at words where it would run over the edge; the lines after the first are indented."""
        if not self.terminal:
            return text
        lines: list[str] = []
        line = ""
        for word in text.split(" "):
            if line and len(indent) + len(line) + 1 + len(word) > self.width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        return f"\n{indent}".join([*lines, line])


def style_of(stream: TextIO, colour: str = "auto") -> Style:
    """The style for a stream: --color, then NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE, CLICOLOR, then the terminal."""
    terminal = is_terminal(stream)
    width = _NO_TERMINAL_WIDTH
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        width = int(columns)
    elif terminal:
        width = _terminal_width(stream) or width
    return Style(_wants_colour(colour, terminal), max(width, _LEAST_WIDTH), terminal)


def safe(text: str) -> str:
    """The text with everything that a terminal might obey, or not show, written out as an escape; a tab is a space."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(one) for one in text.replace("\t", " "))


def write(stream: TextIO, text: str) -> None:
    """Write a text whatever the stream's encoding is."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for character, plain in _FOR_ASCII.items():
            text = text.replace(character, plain)
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text)


def complain(sentence: str) -> None:
    """Say something beside the output."""
    write(sys.stderr, f"audit403: {safe(sentence)}\n")


def _escaped(character: str) -> str:
    """Control characters, what turns the direction of text or has no width, odd spaces, and stray bytes."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _wants_colour(colour: str, terminal: bool) -> bool:
    if colour != "auto":
        return colour == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0") or os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("CLICOLOR") != "0" and os.environ.get("TERM") != "dumb"


def _terminal_width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return 0


def is_terminal(stream: TextIO) -> bool:
    """Whether a person sees at once what is written."""
    try:
        return stream.isatty()
    except ValueError:
        return False
